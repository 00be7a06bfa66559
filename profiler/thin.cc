// Thinning: when three quarters of the slots are live, T doubles, and each live sample is kept with
// probability p(λ/2) / p(λ) and goes on at λ/2, as if it had been drawn at 2T. So the table never
// fills, a leak never blinds us, and every estimate stays unbiased; only its error grows by √2.
//
// Which ones are kept is fixed by their serial (recording::SampleRank), so that a reader can replay
// it on an older snapshot.
#include "profiler/clock.h"
#include "profiler/live_index.h"
#include "profiler/live_slots.h"
#include "profiler/live_table.h"
#include "profiler/mirror.h"

namespace seep::profiler {

constinit std::atomic<bool> g_thinning{};

namespace {

bool Survives(const recording::LiveSlot& record) {
  double drawn = record.exposure * static_cast<double>(uint64_t{1} << (record.thinnings & 63));
  double rank = recording::SampleRank(g_random, record.serial);
  return rank * OneMinusExpNegative(drawn) < OneMinusExpNegative(record.exposure / 2);
}

void Halve(uint32_t index) {
  recording::LiveSlot& record = g_slots[index].record;
  AddToLiveSum(BlockOf(record), -1);
  record.exposure /= 2;
  ++record.thinnings;
  AddToLiveSum(BlockOf(record), +1);
  MirrorSlot(index);
}

void ThinSlot(uint32_t index) {
  Slot& slot = g_slots[index];
  if (!Move(slot, SlotState::kLive, SlotState::kBusy)) return;  // at the old rate: still unbiased
  const void* mirror = g_mirror.load();
  if (!Survives(slot.record)) {
    // Whoever removes the index entry ends the sample; if a free was faster, it is a death.
    if (IndexRemove(slot.record.address, index)) {
      slot.state.store(SlotState::kDying);
      Count(recording::kThinned);
      return DropSample(index);
    }
  } else {
    Halve(index);
  }
  if (Move(slot, SlotState::kBusy, SlotState::kLive)) return MirrorSlotIfLate(index, mirror);
  EndSample(index, NowNs());
}

}  // namespace

uint64_t ThinIfCrowded(uint64_t interval) {
  if (interval == 0 || g_live_count.load() < kSlotCapacity / 4 * 3) return interval;
  if (g_thinning.exchange(true)) return interval;
  for (uint32_t i = 0; i < kSlotCapacity; ++i) ThinSlot(i);
  Count(recording::kThinnings);
  g_thinning.store(false);
  return interval * 2;
}

}  // namespace seep::profiler
