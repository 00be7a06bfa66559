// The slots behind live_table.h, shared by its parts: inserting and releasing (live_table.cc),
// stamping (stamp.cc), thinning (thin.cc), and what a fork leaves behind (adopt.cc).
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/limits.h"
#include "profiler/stack_store.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

enum class SlotState : uint32_t {
  kEmpty,
  kFilling,
  kLive,
  kPinned,
  kPinnedFreed,
  kBusy,
  kBusyFreed,
  kDying
};

struct Slot {
  std::atomic<SlotState> state;
  std::atomic<uint32_t> next_free;  // index + 1; 0: last
  recording::LiveSlot record;       // `sequence` is the mirror's
};

extern Slot g_slots[kSlotCapacity];
extern std::atomic<uint32_t> g_live_count;
extern std::atomic<bool> g_thinning;  // by one thread at a time
extern void (*g_free_block)(void*);
extern std::atomic<uint64_t> g_random;
extern std::atomic<uint64_t> g_start_ns;

// False: it is in another state.
inline bool Move(Slot& slot, SlotState from, SlotState to) {
  return slot.state.compare_exchange_strong(from, to);
}

SampledBlock BlockOf(const recording::LiveSlot& record);

// By the owner of the slot: copies the record to the file.
void MirrorSlot(uint32_t index);
// By a thread that has just made the slot Live: mirrors again if the file appeared meanwhile.
void MirrorSlotIfLate(uint32_t index, const void* mirror_seen);

// By the owner of a slot whose block is gone: counts the death and empties the slot. The index
// entry is removed already.
void EndSample(uint32_t index, uint64_t now_ns);
// Likewise for a sample that is given up while its block lives on.
void DropSample(uint32_t index);

void AddToLiveSum(const SampledBlock& block, int sign);
// Sums up anew. Alone.
void RecountLive();

// Queues a slot for its first stamp.
void QueueForStamp(uint32_t index, uint64_t serial);

// Puts an Empty slot on the free list.
void PushFree(uint32_t index);
void RebuildFreeList();

}  // namespace seep::profiler
