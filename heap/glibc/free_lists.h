// The lists of freed blocks that are linked one way: fast bins and the bins of threads' caches.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/glibc/arena.h"
#include "heap/glibc/cached_chunks.h"
#include "heap/glibc/walk_budget.h"
#include "heap/memory.h"

namespace seep::glibc {

// A list's entries link to each other from their first user word. Since 2.32 the link is
// "protected": (its own address >> 12) ^ the next entry. The last link tells the two apart.
struct FreeList {
  std::vector<Address> chunks;
  bool complete = false;  // every entry was one, and the last link null
};

// What the entries of a list must be.
struct FreeListKind {
  uint64_t min_size = 0, max_size = 0;  // of the chunks, bytes
  bool links_to_user = false;           // to the user's bytes (tcache); else to the chunk
};

class FreeListReader {
 public:
  // `entries`: of all lists together.
  FreeListReader(const Memory& memory, Budget& entries) : memory_(memory), entries_(entries) {}

  // From the pointer `head` on; at most `limit` entries are read. Bounded on cycles.
  FreeList Read(uint64_t head, const FreeListKind& kind, uint64_t limit);

  // Lists that went on where they should have ended, or led astray.
  uint64_t torn() const { return torn_; }
  void CountTorn() { ++torn_; }

 private:
  FreeList Follow(uint64_t head, const FreeListKind& kind, uint64_t limit, bool is_protected);

  const Memory& memory_;
  Budget& entries_;
  bool is_protected_ = true;  // as the last complete list was
  uint64_t torn_ = 0;
};

// Adds the chunks of all fast bins of the arena.
void ReadFastBins(FreeListReader& reader, const Arena& arena, CachedChunks* cached);

}  // namespace seep::glibc
