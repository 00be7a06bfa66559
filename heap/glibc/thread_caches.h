// Threads' caches of freed blocks (tcache). The structures lie in the heap, in blocks that malloc
// allocated for itself, and only variables in threads' local storage lead to them: they are known
// by what they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "heap/glibc/chunk_reader.h"
#include "heap/glibc/free_lists.h"
#include "heap/glibc/structures.h"
#include "heap/memory.h"

namespace seep::glibc {

struct ThreadCache {
  Address chunk;  // of the structure
  uint64_t size = 0;
  std::vector<Address> cached;  // chunks in it
};

class ThreadCacheReader {
 public:
  // `fill`: mp_.tcache_count, the most that a bin may hold; none: not known.
  ThreadCacheReader(const Memory& memory, FreeListReader& lists, std::optional<uint64_t> fill)
      : memory_(memory), lists_(lists), fill_(fill) {}

  // A chunk in use of `size` bytes may be one, going by its size.
  static bool Fits(uint64_t size) { return CacheLayoutFor(size) != nullptr; }

  // By its first bytes: for a look before Read, at no cost.
  bool IsPlausible(uint64_t size, std::span<const uint8_t> user) const;

  // All zeros: an empty cache before 2.42, or any other block.
  bool IsEmpty(uint64_t size, std::span<const uint8_t> user) const;

  // The cache in the chunk, if it is one: at least one list that is whole and has as many entries
  // as its number says. An empty one is known only since 2.42, where its numbers say how much
  // room there is.
  std::optional<ThreadCache> Read(const ChainedChunk& chunk);

 private:
  uint64_t CountOf(const ThreadCacheLayout& layout, std::span<const uint8_t> user,
                   uint64_t bin) const;

  const Memory& memory_;
  FreeListReader& lists_;
  std::optional<uint64_t> fill_;
};

}  // namespace seep::glibc
