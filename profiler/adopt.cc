// What a forked child inherits: the parent's live samples, which are its own blocks now, and the
// work that threads of the parent were doing at the moment of the fork and that nobody will finish.
#include "profiler/clock.h"
#include "profiler/live_index.h"
#include "profiler/live_slots.h"
#include "profiler/live_table.h"

namespace seep::profiler {

void AdoptSamples() {
  for (uint32_t i = 0; i < kSlotCapacity; ++i) {
    Slot& slot = g_slots[i];
    slot.record.sequence = 0;  // of the child's own file, which is fresh
    switch (slot.state.load()) {
      case SlotState::kEmpty:
        continue;
      case SlotState::kLive:
        break;
      case SlotState::kPinned:
      case SlotState::kBusy:
        slot.state.store(SlotState::kLive);
        break;
      case SlotState::kPinnedFreed:  // freed in the parent's view, so in ours; the block is lost
      case SlotState::kBusyFreed:
      case SlotState::kDying:
      case SlotState::kFilling:
        IndexRemove(slot.record.address, i);
        slot.record.address = 0;
        slot.state.store(SlotState::kEmpty);
        continue;
    }
    slot.record.flags |= recording::kSlotInherited;
  }
  RebuildFreeList();
  RecountLive();
}

}  // namespace seep::profiler
