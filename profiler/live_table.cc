#include "profiler/live_table.h"

#include <cstring>

#include "profiler/clock.h"
#include "profiler/death_store.h"
#include "profiler/live_index.h"
#include "profiler/live_slots.h"
#include "profiler/mirror.h"
#include "profiler/runtime_state.h"

namespace seep::profiler {

constinit Slot g_slots[kSlotCapacity]{};
constinit std::atomic<uint32_t> g_live_count{};
void (*g_free_block)(void*);
constinit std::atomic<uint64_t> g_random{};
constinit std::atomic<uint64_t> g_start_ns{};

namespace {

std::atomic<uint64_t> g_next_serial{1};

// --- Free list: a stack of slot indexes; the upper half of the head counts pops against ABA. -----

constinit std::atomic<uint64_t> g_free_head{};   // { pops : 32 | index + 1 : 32 }
constinit std::atomic<uint32_t> g_never_used{};  // slots from here on have not been in use

uint32_t PopFree() {
  uint64_t head = g_free_head.load();
  while (static_cast<uint32_t>(head) != 0) {
    uint32_t index = static_cast<uint32_t>(head) - 1;
    uint64_t next = ((head >> 32) + 1) << 32 | g_slots[index].next_free.load();
    if (g_free_head.compare_exchange_weak(head, next)) return index;
  }
  uint32_t fresh = g_never_used.load();
  while (fresh < kSlotCapacity) {
    if (g_never_used.compare_exchange_weak(fresh, fresh + 1)) return fresh;
  }
  return kNotFound;
}

// --- Sum of what is live ------------------------------------------------------------------------

constinit std::atomic<double> g_sum_objects, g_sum_objects_variance, g_sum_bytes,
    g_sum_bytes_variance{};

}  // namespace

void AddToLiveSum(const SampledBlock& block, int sign) {
  auto size = static_cast<double>(block.size);
  AtomicAdd(g_sum_objects, sign * block.weight.objects);
  AtomicAdd(g_sum_objects_variance, sign * block.weight.variance);
  AtomicAdd(g_sum_bytes, sign * block.weight.objects * size);
  AtomicAdd(g_sum_bytes_variance, sign * block.weight.variance * size * size);
  AddLive(block, sign);
}

LiveSum SumOfLive() {
  return {g_live_count.load(), g_sum_objects.load(), g_sum_objects_variance.load(),
          g_sum_bytes.load(), g_sum_bytes_variance.load()};
}

void PushFree(uint32_t index) {
  uint64_t head = g_free_head.load();
  uint64_t next = 0;
  do {
    g_slots[index].next_free.store(static_cast<uint32_t>(head));
    next = (head & 0xFFFF'FFFF'0000'0000u) | (index + 1);
  } while (!g_free_head.compare_exchange_weak(head, next));
}

void RebuildFreeList() {
  g_free_head = 0;
  for (uint32_t i = g_never_used.load(); i-- > 0;) {
    if (g_slots[i].state.load() == SlotState::kEmpty) PushFree(i);
  }
}

SampledBlock BlockOf(const recording::LiveSlot& record) {
  return {record.stack, record.size, Weight(record.exposure)};
}

void RecountLive() {
  uint32_t live = 0;
  for (auto* sum : {&g_sum_objects, &g_sum_objects_variance, &g_sum_bytes, &g_sum_bytes_variance}) {
    *sum = 0;
  }
  for (uint32_t i = 0; i < g_never_used.load(); ++i) {
    if (g_slots[i].state.load() != SlotState::kLive) continue;
    AddToLiveSum(BlockOf(g_slots[i].record), +1);
    ++live;
  }
  g_live_count = live;
}

// --- Mirroring ----------------------------------------------------------------------------------

void MirrorSlot(uint32_t index) {
  auto* target = MirrorRecord<recording::LiveSlot>(recording::kSlots, index);
  if (target == nullptr) return;
  recording::LiveSlot& record = g_slots[index].record;
  std::atomic_ref<uint32_t> sequence(target->sequence);
  uint32_t even = record.sequence;
  sequence.store(even + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  memcpy(reinterpret_cast<std::byte*>(target) + sizeof(uint32_t),
         reinterpret_cast<const std::byte*>(&record) + sizeof(uint32_t),
         sizeof(record) - sizeof(uint32_t));
  record.sequence = even + 2;
  sequence.store(even + 2, std::memory_order_release);
}

void MirrorSlotIfLate(uint32_t index, const void* mirror_seen) {
  if (g_mirror.load() == mirror_seen) return;
  if (!Move(g_slots[index], SlotState::kLive, SlotState::kBusy)) return;
  MirrorSlot(index);
  if (Move(g_slots[index], SlotState::kBusy, SlotState::kLive)) return;
  EndSample(index, NowNs());  // freed meanwhile
}

void MirrorAllSamples() {
  for (uint32_t i = 0; i < g_never_used.load(); ++i) MirrorSlotIfLate(i, nullptr);
}

// --- Birth --------------------------------------------------------------------------------------

void SetFreeBlock(void (*free_block)(void*)) { g_free_block = free_block; }

void InitLiveTable(uint64_t random, uint64_t start_ns) {
  g_random = random;
  g_start_ns = start_ns;
}

namespace {

// Takes the sample at `address` away from the index: from here on it is ours alone to end, in
// whatever state its slot is.
uint32_t Claim(uintptr_t address) {
  uint32_t index = IndexFind(address);
  if (index == kNotFound || !IndexRemove(address, index)) return kNotFound;
  return index;
}

// Ends a claimed sample, or leaves it to whoever owns the slot. `when_pinned`: PinnedFreed for the
// stamper to free the block, too; BusyFreed for it to leave the block alone.
Release EndClaimed(uint32_t index, SlotState when_pinned) {
  Slot& slot = g_slots[index];
  for (;;) {
    switch (slot.state.load()) {
      case SlotState::kLive:
        if (!Move(slot, SlotState::kLive, SlotState::kDying)) continue;
        EndSample(index, NowNs());
        return Release::kReleased;
      case SlotState::kBusy:
        if (!Move(slot, SlotState::kBusy, SlotState::kBusyFreed)) continue;
        return Release::kReleased;
      case SlotState::kPinned:
        if (!Move(slot, SlotState::kPinned, when_pinned)) continue;
        if (when_pinned == SlotState::kPinnedFreed) Count(recording::kHandedFrees);
        return Release::kHandedOver;
      default:
        return Release::kReleased;  // the program frees it twice at once: let it
    }
  }
}

}  // namespace

void InsertSample(const NewSample& sample, uint64_t now_ns) {
  // The address was handed out again, so its block was freed behind our back.
  if (uint32_t stale = Claim(sample.address); stale != kNotFound) {
    EndClaimed(stale, SlotState::kBusyFreed);
    Count(recording::kMissedFrees);
  }
  uint32_t index = PopFree();
  if (index == kNotFound) return Count(recording::kDroppedNoSlot);

  Slot& slot = g_slots[index];
  slot.state.store(SlotState::kFilling);
  uint32_t sequence = slot.record.sequence;
  slot.record = {};
  slot.record.sequence = sequence;
  slot.record.stack = sample.stack;
  slot.record.address = sample.address;
  slot.record.size = sample.size;
  slot.record.exposure = sample.exposure;
  slot.record.birth_ns = now_ns;
  slot.record.label = sample.label;
  slot.record.thread = sample.thread;
  slot.record.flags = sample.flags;
  slot.record.serial = g_next_serial.fetch_add(1);
  uint64_t serial = slot.record.serial;

  const void* mirror = g_mirror.load();
  MirrorSlot(index);
  SampledBlock block = BlockOf(slot.record);
  // Not Live before it is in the index: nobody may hold a sample that has to be given up again.
  if (IndexResult result = IndexInsert(sample.address, index); result != IndexResult::kInserted) {
    slot.record.address = 0;
    MirrorSlot(index);
    slot.state.store(SlotState::kEmpty);
    PushFree(index);
    return Count(result == IndexResult::kFull ? recording::kDroppedIndexFull
                                              : recording::kDroppedAddress);
  }
  slot.state.store(SlotState::kLive);
  g_live_count.fetch_add(1);
  AddToLiveSum(block, +1);
  CountBirth(block, now_ns, CurrentInterval());
  Count(recording::kSamples);
  QueueForStamp(index, serial);
  MirrorSlotIfLate(index, mirror);
}

// --- Death --------------------------------------------------------------------------------------

void DropSample(uint32_t index) {
  Slot& slot = g_slots[index];
  AddToLiveSum(BlockOf(slot.record), -1);
  g_live_count.fetch_sub(1);
  slot.record.address = 0;
  MirrorSlot(index);
  slot.state.store(SlotState::kEmpty);
  PushFree(index);
}

void EndSample(uint32_t index, uint64_t now_ns) {
  const recording::LiveSlot record = g_slots[index].record;
  g_slots[index].state.store(SlotState::kDying);
  DropSample(index);
  if (record.flags & recording::kSlotInherited) return Count(recording::kInheritedDeaths);
  SampledBlock block = BlockOf(record);
  CountDeath(block);
  if (now_ns < record.birth_ns) now_ns = record.birth_ns;
  Death death{record.stack, record.klass, record.birth_ns, now_ns, record.size, block.weight};
  if (!PlaceDeath(death, g_start_ns)) CountUnplacedDeath(block, now_ns);
  Count(recording::kDeathsSeen);
}

Release ReleaseSample(uintptr_t address) {
  uint32_t index = Claim(address);
  if (index == kNotFound) return Release::kNotSampled;
  return EndClaimed(index, SlotState::kPinnedFreed);
}

Suspension SuspendSample(uintptr_t address, uint32_t* out) {
  uint32_t index = IndexFind(address);
  if (index == kNotFound) return Suspension::kNotSampled;
  Slot& slot = g_slots[index];
  // A thinner is done within nanoseconds unless it was preempted; then the block counts as being
  // read, and realloc takes the way that needs no suspension.
  if (!Move(slot, SlotState::kLive, SlotState::kBusy)) return Suspension::kBeingRead;
  if (slot.record.address != address || !IndexRemove(address, index)) {
    // Thinning gave our sample up since we looked, and the slot is another block's.
    if (!Move(slot, SlotState::kBusy, SlotState::kLive)) EndSample(index, NowNs());
    return Suspension::kNotSampled;
  }
  slot.state.store(SlotState::kDying);
  *out = index;
  return Suspension::kSuspended;
}

void ResumeSample(uint32_t index) {
  Slot& slot = g_slots[index];
  if (IndexInsert(slot.record.address, index) == IndexResult::kInserted) {
    return slot.state.store(SlotState::kLive);
  }
  DropSample(index);
  Count(recording::kDroppedIndexFull);
}

void BurySample(uint32_t index) {
  Count(recording::kReallocations);
  EndSample(index, NowNs());
}

}  // namespace seep::profiler
