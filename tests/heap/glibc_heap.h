// A small glibc heap made by hand: a main arena at the break, with the main thread's cache; further
// arenas and mappings where a test wants them.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/glibc/structures.h"
#include "heap/target.h"
#include "tests/heap/word_memory.h"

namespace seep::testing {

class GlibcHeap {
 public:
  static constexpr uint64_t kData = 0x600000;  // of the C library
  static constexpr uint64_t kMain = kData + 0x100;
  static constexpr uint64_t kBase = 0x10000000;  // of the break
  static constexpr uint64_t kBreakBytes = 1 << 20;
  static constexpr uint64_t kOther = 0x40000000;  // the other arena's first heap
  static constexpr uint64_t kHeapBytes = 0x21000;
  static constexpr uint64_t kMapped = 0x70000000;

  // `arena`, `cache`: of kArenaLayouts and kThreadCacheLayouts. `is_protected`: links, since 2.32.
  GlibcHeap(const glibc::ArenaLayout& arena, const glibc::ThreadCacheLayout& cache,
            bool is_protected);
  GlibcHeap() : GlibcHeap(glibc::kArenaLayouts[0], glibc::kThreadCacheLayouts[0], true) {}

  // A chunk in use at the end of an arena, in front of its top. Returns the chunk's address.
  uint64_t Add(uint64_t size) { return AddTo(main_, size); }
  uint64_t AddToOther(uint64_t size) { return AddTo(other_, size); }

  void FreeToBin(uint64_t chunk);  // of the main arena, which has one such chunk at most
  void FreeToFastBin(uint64_t chunk);
  void FreeToThread(uint64_t chunk);

  // A second arena. Before anything is added to it.
  void MakeOther();
  // Another heap of it, in which the arena goes on. What is left of the first becomes a live
  // block, whose chunk is returned.
  uint64_t MoveOtherOn();

  // A block with a mapping of its own, which `before` bytes are left free at the start of.
  uint64_t AddMapped(uint64_t bytes, uint64_t before = 0);

  uint64_t cache() const { return cache_; }   // the chunk of the main thread's
  uint64_t CacheNumber(uint64_t size) const;  // where it counts chunks of this size
  uint64_t CacheEntry(uint64_t size) const;
  uint64_t FastBin(uint64_t size) const;
  uint64_t SystemMem() const { return kMain + arena_.system_mem(); }

  Target target() const;
  WordMemory& memory() { return memory_; }

 private:
  struct Place {
    uint64_t state = 0;
    uint64_t top = 0;
    uint64_t end = 0;
    uint64_t flags = 0;  // of its chunks
  };

  void MakeArena(const Place& place, uint64_t bytes);
  void MakeParameters();
  void MakeCache();
  uint64_t AddTo(Place& place, uint64_t size);
  void SetTop(Place& place, uint64_t top);
  uint64_t Protect(uint64_t place, uint64_t to) const {
    return is_protected_ ? place >> 12 ^ to : to;
  }

  const glibc::ArenaLayout& arena_;
  const glibc::ThreadCacheLayout& layout_;
  bool is_protected_;
  WordMemory memory_;
  Place main_, other_;
  uint64_t cache_ = 0;
  uint64_t mapped_end_ = kMapped;
  uint32_t mapped_ = 0;
  std::vector<Mapping> maps_;
};

}  // namespace seep::testing
