// The structures of glibc malloc as they lie in the memory of a 64-bit process; read in the glibc
// sources, malloc/malloc.c and malloc/arena.c, of versions 2.27 to 2.42 and the state of January
// 2026 that becomes 2.43.
//
// A heap is a chain of chunks without gaps. A chunk's size leads to the next chunk, and the next
// one's PREV_INUSE bit says whether this one is in use; in the caches of freed blocks (fast bins,
// tcaches) chunks stay "in use".
//
//   chunk ──► prev_size   of the chunk before, only if that one is free; else its last 8 bytes
//             size | NON_MAIN_ARENA 4 | IS_MMAPPED 2 | PREV_INUSE 1
//   user  ──► the program's bytes; or of a free chunk: fd, bk
//             … and 8 more: the next chunk's prev_size, while this one is in use
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"

namespace seep::glibc {

inline constexpr uint64_t kAlignment = 16;
inline constexpr uint64_t kHeader = 16;  // from a chunk to its user's bytes
inline constexpr uint64_t kMinChunk = 32;
inline constexpr uint64_t kPage = 4096;  // the smallest: others are multiples
inline constexpr uint64_t kBins = 127;   // {fd, bk} pairs: unsorted, small, large, one never used

struct ChunkHead {
  uint64_t prev_size = 0;
  uint64_t head = 0;

  uint64_t size() const { return head & ~uint64_t{7}; }
  bool prev_in_use() const { return (head & 1) != 0; }
  bool mmapped() const { return (head & 2) != 0; }
  bool non_main() const { return (head & 4) != 0; }
  // Memory that no longer grows ends with one of these and then one that is in use, or with the
  // latter, of size 0, alone: too small to be allocated or merged with.
  bool is_fencepost() const { return size() == kHeader || head == 1; }
  bool is_last_fencepost() const { return head == (kHeader | 1) || head == 1; }
};

// struct malloc_state, an arena. What lies after the bins has not changed since 2.23.
struct ArenaLayout {
  const char* versions;
  uint64_t fastbins;  // offset
  uint64_t fastbin_count;
  uint64_t bins;  // offset
  // Of a chunk with its own mapping: bytes at the mapping's end that its size leaves out, and by
  // how much its size exceeds what the program may use.
  uint64_t mmapped_tail;
  uint64_t mmapped_overhead;

  // In 2.43 mremap_chunk adds those 16 bytes to mmapped_mem each time it changes a block's size.
  constexpr bool counts_mapped_bytes() const { return mmapped_tail == 0; }
  constexpr uint64_t top() const { return bins - 16; }
  constexpr uint64_t next() const { return bins + kBins * 16 + 16; }  // the binmap is between
  constexpr uint64_t attached_threads() const { return next() + 16; }
  constexpr uint64_t system_mem() const { return next() + 24; }
  constexpr uint64_t max_system_mem() const { return next() + 32; }
  constexpr uint64_t size() const { return next() + 40; }
  // An empty bin's fd and bk point here: as if bin i were the fd and bk of a chunk.
  constexpr uint64_t bin(uint64_t i) const { return bins + i * 16 - kHeader; }
};
inline constexpr ArenaLayout kArenaLayouts[] = {
    {"2.27 to 2.42", 0x10, 10, 0x70, 0, 16},
    {"2.43 or later", 0x08, 0, 0x18, 16, 8},  // no fast bins
};
inline constexpr uint32_t kNonContiguous = 2;  // in malloc_state.flags, at +4

// struct heap_info, at the start of each heap of an arena other than the main one:
// {arena, previous heap, bytes in use, bytes made writable[, page size]}.
inline constexpr uint64_t kHeapInfoBytes[] = {0x30, 0x20};  // since 2.35; before

// struct malloc_par, `mp_`, by distance to its field sbrk_base, behind which stand
// {tcache_bins, tcache_max_bytes, tcache_count, …}; before it, max_mmapped_mem and mmapped_mem.
struct ParameterLayout {
  uint64_t start;    // trim_threshold, top_pad, mmap_threshold, arena_test, arena_max, …
  uint64_t n_mmaps;  // n_mmaps, n_mmaps_max, max_n_mmaps, no_dyn_threshold; 32 bits each
};
inline constexpr ParameterLayout kParameterLayouts[] = {
    {104, 36},  // 2.43: thp_mode, thp_pagesize, hp_pagesize, hp_flags
    {96, 36},   // since 2.35: thp_pagesize, hp_pagesize, hp_flags
    {72, 32},
};

// struct tcache_perthread_struct: a thread's cache, {a number for each bin, the bin's first entry}.
// Bin i of the first 64 holds chunks of 32 + 16 i bytes, the later ones powers of two.
struct ThreadCacheLayout {
  uint64_t bins;
  uint64_t count_bytes;  // of each number
  bool counts_room;      // the number is what may still be added, not what is there

  constexpr uint64_t entries() const { return bins * count_bytes; }
  constexpr uint64_t size() const { return bins * (count_bytes + 8); }
  constexpr uint64_t chunk_size() const { return (size() + 8 + 15) & ~uint64_t{15}; }
  // What malloc cannot split off (less than a chunk) stays with the block.
  constexpr bool fits(uint64_t chunk) const {
    return chunk == chunk_size() || chunk == chunk_size() + kAlignment;
  }
};
inline constexpr uint64_t kSmallCacheBins = 64;
inline constexpr std::array<ThreadCacheLayout, 3> kThreadCacheLayouts = {{
    {64, 2, false},  // 2.30 to 2.41
    {76, 2, true},   // since 2.42
    {64, 1, false},  // 2.26 to 2.29
}};
// The layout of a cache that lies in a chunk of this size, or null.
constexpr const ThreadCacheLayout* CacheLayoutFor(uint64_t chunk_size) {
  if (chunk_size - 0x250 > 0x310 - 0x250) return nullptr;  // mostly
  for (const ThreadCacheLayout& layout : kThreadCacheLayouts) {
    if (layout.fits(chunk_size)) return &layout;
  }
  return nullptr;
}
static_assert(CacheLayoutFor(0x250)->count_bytes == 1 && CacheLayoutFor(0x310)->counts_room);

// A chunk with a mapping of its own, which is in no arena and on no list. memalign leaves room
// before it; prev_size says how much (since 2.43 | 1: of huge pages).
//
//   mapping ─► [prev_size bytes]  prev_size, size | IS_MMAPPED  user's bytes …  (tail)
struct MmappedChunk {
  Address at;
  uint64_t size = 0;
  AddressRange mapping;
};

constexpr uint64_t RoundUp(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }

}  // namespace seep::glibc
