// What a forked child inherits: the parent's live samples, which are its own blocks now, and the
// work that threads of the parent were doing at the moment of the fork and that nobody will finish.
#include "profiler/clock.h"
#include "profiler/live_index.h"
#include "profiler/live_slots.h"
#include "profiler/live_table.h"

namespace seep::profiler {

void AdoptSamples() {
  g_thinning = false;
  for (uint32_t i = 0; i < kSlotCapacity; ++i) {
    Slot& slot = g_slots[i];
    SlotState state = slot.state.load();
    if (state == SlotState::kEmpty) continue;
    // Whoever ends a sample takes it from the index first.
    bool lives =
        (state == SlotState::kLive || state == SlotState::kPinned || state == SlotState::kBusy) &&
        IndexFind(slot.record.address) == i;
    if (lives) {
      slot.state.store(SlotState::kLive);
      slot.record.flags |= recording::kSlotInherited;
    } else {  // PinnedFreed: freed in the parent's view, so in ours; the block is lost
      IndexRemove(slot.record.address, i);
      slot.record.address = 0;
      slot.state.store(SlotState::kEmpty);
    }
  }
  RebuildFreeList();
  RecountLive();
}

}  // namespace seep::profiler
