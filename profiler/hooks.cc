#include "profiler/hooks.h"

#include <algorithm>
#include <cstring>

#include "profiler/runtime.h"

namespace seep::profiler {

__attribute__((noinline)) void* MallocAtLegEnd(size_t size) {
  double exposure = EndLeg(size);
  void* block = g_next.malloc(size);
  if (block == nullptr) {
    Refund(size);
  } else if (exposure > 0) {
    RecordAllocation(block, size, exposure, SEEP_CALLER_REGISTERS(), true, 0);
  }
  return block;
}

__attribute__((noinline)) void* CallocAtLegEnd(size_t count, size_t size, size_t bytes) {
  double exposure = EndLeg(bytes);
  void* block = g_next.calloc(count, size);
  if (block == nullptr) {
    Refund(bytes);
  } else if (exposure > 0) {
    RecordAllocation(block, bytes, exposure, SEEP_CALLER_REGISTERS(), false, 0);
  }
  return block;
}

__attribute__((noinline)) void* AlignedAtLegEnd(void* (*allocate)(size_t, size_t), size_t alignment,
                                                size_t size) {
  double exposure = EndLeg(size);
  void* block = allocate(alignment, size);
  if (block == nullptr) {
    Refund(size);
  } else if (exposure > 0) {
    RecordAllocation(block, size, exposure, SEEP_CALLER_REGISTERS(), true, 0);
  }
  return block;
}

__attribute__((noinline)) void* PageAlignedAtLegEnd(void* (*allocate)(size_t), size_t size) {
  double exposure = EndLeg(size);
  void* block = allocate(size);
  if (block == nullptr) {
    Refund(size);
  } else if (exposure > 0) {
    RecordAllocation(block, size, exposure, SEEP_CALLER_REGISTERS(), true, 0);
  }
  return block;
}

__attribute__((noinline)) int PosixMemalignAtLegEnd(void** out, size_t alignment, size_t size) {
  double exposure = EndLeg(size);
  int error = g_next.posix_memalign(out, alignment, size);
  if (error != 0) {
    Refund(size);
  } else if (exposure > 0 && *out != nullptr) {
    RecordAllocation(*out, size, exposure, SEEP_CALLER_REGISTERS(), true, 0);
  }
  return error;
}

__attribute__((noinline)) void FreeMaybeSampled(void* block) {
  if (block != nullptr && !ReleaseForFree(block)) return;
  g_next.free(block);
}

namespace {

// The old block is being looked at by a stamper, so it can neither move nor go: take a new one.
void* ReallocByCopy(void* block, size_t size) {
  void* moved = g_next.malloc(size);
  if (moved == nullptr) return nullptr;
  memcpy(moved, block, std::min(size, g_next.usable_size(block)));
  if (ReleaseForFree(block)) g_next.free(block);
  return moved;
}

// A block with a sample: the real realloc may free it, so the sample is out of the way before.
void* ReallocSampled(void* block, size_t size, bool* was_sampled) {
  uint32_t slot = 0;
  Suspension suspension = Suspension::kNotSampled;
  if (ReadyForSamples()) {
    ScopedBusy busy(t_state);
    suspension = SuspendSample(reinterpret_cast<uintptr_t>(block), &slot);
  }
  *was_sampled = suspension != Suspension::kNotSampled;
  if (suspension == Suspension::kNotSampled) return g_next.realloc(block, size);
  if (suspension == Suspension::kBeingRead) return ReallocByCopy(block, size);
  void* moved = g_next.realloc(block, size);
  ScopedBusy busy(t_state);
  if (moved == nullptr && size != 0) {
    ResumeSample(slot);
  } else {
    BurySample(slot);
  }
  return moved;
}

}  // namespace

// A reallocation is a free and an allocation: the new size is drawn anew, as jemalloc does.
__attribute__((noinline)) void* ReallocHooked(void* block, size_t size) {
  bool leg_ended = !ChargeToLeg(size);
  double exposure = leg_ended ? EndLeg(size) : 0;
  bool was_sampled = false;
  void* moved = block != nullptr && MayBeSampled(block) ? ReallocSampled(block, size, &was_sampled)
                                                        : g_next.realloc(block, size);
  if (moved == nullptr) {
    if (leg_ended) Refund(size);
  } else if (exposure > 0) {
    RecordAllocation(moved, size, exposure, SEEP_CALLER_REGISTERS(), false,
                     was_sampled ? uint8_t{recording::kSlotReallocated} : uint8_t{0});
  }
  return moved;
}

}  // namespace seep::profiler
