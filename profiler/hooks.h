// What every allocation and every free costs: for malloc one subtraction in thread-local storage
// and a branch, for free a multiplication, a load and a branch; then a jump to the real function.
// All else is in the functions that the branches lead to.
//
// tests/rules holds the number of instructions.
#pragma once

#include <cstdint>

#include "profiler/live_index.h"
#include "profiler/next_allocator.h"
#include "profiler/thread_state.h"

namespace seep::profiler {

// False: the leg has ended within this allocation. (A borrow, and not a sign, is what ends it, so
// that malloc(SIZE_MAX) cannot turn the counter round.)
inline bool ChargeToLeg(uint64_t size) {
  return __builtin_expect(!__builtin_usubl_overflow(t_state.left, size + 1, &t_state.left), true);
}

// The slow ways, each out of line. They find their caller's frame themselves.
void* MallocAtLegEnd(size_t size);
void* CallocAtLegEnd(size_t count, size_t size, size_t bytes);
void* AlignedAtLegEnd(void* (*allocate)(size_t, size_t), size_t alignment, size_t size);
void* PageAlignedAtLegEnd(void* (*allocate)(size_t), size_t size);
int PosixMemalignAtLegEnd(void** out, size_t alignment, size_t size);
void* ReallocHooked(void* block, size_t size);
void FreeMaybeSampled(void* block);

inline void* HookedMalloc(size_t size) {
  if (ChargeToLeg(size)) return g_next.malloc(size);
  return MallocAtLegEnd(size);
}

inline void HookedFree(void* block) {
  if (__builtin_expect(!MayBeSampled(block), true)) return g_next.free(block);
  FreeMaybeSampled(block);
}

inline void* HookedMemalign(size_t alignment, size_t size) {
  if (ChargeToLeg(size)) return g_next.memalign(alignment, size);
  return AlignedAtLegEnd(g_next.memalign, alignment, size);
}

}  // namespace seep::profiler
