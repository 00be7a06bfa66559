// Is this pointer a live sample? Asked at every free, so in two steps:
//
//   filter: 2^20 saturating byte counters, one load and one test for the 95 % and more of frees
//           that are not sampled (49,152 samples, the most before thinning, set 4.6 % of the
//           bytes);
//   index:  exact. 2^14 buckets of 8 cells, one cache line each; a pointer may lie in either of two
//           buckets. A cell is one word {pointer >> 3 : 44 | slot : 20}, so that a cell is taken
//           and given up by a single compare-and-swap. No tombstones, at most 16 cells are looked
//           at.
//
// No false negatives: the entry is made before malloc returns the pointer, so a free of it comes
// after (Chrome's LockFreeAddressHashSet argues the same). Counters that reach 255 stay there.
//
// Lock-free, async-signal-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace seep::profiler {

inline constexpr uint32_t kFilterBits = 20;
extern std::atomic<uint8_t> g_filter[1 << kFilterBits];

inline constexpr uint64_t kPointerHash = 0x9E3779B97F4A7C15u;  // 2^64/φ, Fibonacci hashing
inline uint64_t HashPointer(uintptr_t p) { return (p >> 3) * kPointerHash; }

// False: certainly no live sample.
inline bool MayBeSampled(const void* p) {
  uint64_t byte = HashPointer(reinterpret_cast<uintptr_t>(p)) >> (64 - kFilterBits);
  return g_filter[byte].load(std::memory_order_relaxed) != 0;
}

enum class IndexResult { kInserted, kFull, kUnrepresentable };

// Enters (p → slot). The caller has made sure by IndexFind that p is not in yet.
IndexResult IndexInsert(uintptr_t p, uint32_t slot);

inline constexpr uint32_t kNotFound = ~uint32_t{0};
uint32_t IndexFind(uintptr_t p);

// Removes exactly (p → slot); false: somebody else did.
bool IndexRemove(uintptr_t p, uint32_t slot);

}  // namespace seep::profiler
