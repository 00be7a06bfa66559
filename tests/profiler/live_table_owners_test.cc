// What happens to a slot while another thread owns it. The owner's half is played by hand, by the
// slot's state (see live_table.h), so that each meeting happens every time.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "profiler/clock.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/samples.h"

namespace seep::profiler {
namespace {

std::atomic<int> g_freed;
void CountFree(void*) { ++g_freed; }

TEST(LiveTableOwnersTest, FreeOfABlockBeingReadIsHandedOver) {
  InChild([] {
    Insert(0x1000);
    Slot& slot = SlotOf(0x1000);
    slot.state = SlotState::kPinned;
    EXPECT_EQ(ReleaseSample(0x1000), Release::kHandedOver);
    EXPECT_EQ(slot.state.load(), SlotState::kPinnedFreed);
    EXPECT_EQ(CounterValue(recording::kHandedFrees), 1u);
  });
}

TEST(LiveTableOwnersTest, FreeOfABlockBeingThinnedGoesOn) {
  InChild([] {
    Insert(0x1000);
    Slot& slot = SlotOf(0x1000);
    slot.state = SlotState::kBusy;
    EXPECT_EQ(ReleaseSample(0x1000), Release::kReleased);
    EXPECT_EQ(slot.state.load(), SlotState::kBusyFreed);
  });
}

TEST(LiveTableOwnersTest, ReallocOfABlockBeingReadOrThinnedCopies) {
  InChild([] {
    Insert(0x1000);
    for (SlotState state : {SlotState::kPinned, SlotState::kBusy}) {
      SlotOf(0x1000).state = state;
      uint32_t slot = 0;
      EXPECT_EQ(SuspendSample(0x1000, &slot), Suspension::kBeingRead);
      EXPECT_NE(IndexFind(0x1000), kNotFound) << "its free is still to come";
    }
  });
}

// Between realloc's look into the index and its hold on the slot, thinning gave the sample up and
// the slot went to another block: the other one must not be suspended in its place.
TEST(LiveTableOwnersTest, ReallocDoesNotTakeTheNextTenantForItsOwn) {
  InChild([] {
    Insert(0x1000);
    Insert(0x2000);
    uint32_t mine = IndexFind(0x1000), other = IndexFind(0x2000);
    IndexRemove(0x1000, mine);
    IndexInsert(0x1000, other);  // as a look just before would have found it
    uint32_t slot = 0;
    EXPECT_EQ(SuspendSample(0x1000, &slot), Suspension::kNotSampled);
    EXPECT_EQ(g_slots[other].state.load(), SlotState::kLive);
    EXPECT_EQ(ReleaseSample(0x2000), Release::kReleased);
  });
}

// A sample that cannot enter the index was never live: no thinner may have taken hold of it.
TEST(LiveTableOwnersTest, SampleIsNotLiveBeforeItIsInTheIndex) {
  InChild([] {
    uintptr_t address = 0x7f00'0000'0000;
    for (uint64_t i = 0; i < 400'000; ++i) IndexInsert(i * 4096, 1);
    while (IndexInsert(address, 0) != IndexResult::kFull) address += 64;
    std::atomic<bool> done{false};
    std::thread thinner([&] {  // holds on to whatever is live, as thinning does
      while (!done) {
        Slot& slot = g_slots[0];
        if (!Move(slot, SlotState::kLive, SlotState::kBusy)) continue;
        if (!Move(slot, SlotState::kBusy, SlotState::kLive)) EndSample(0, NowNs());
      }
    });
    for (int i = 0; i < 300'000; ++i) Insert(address);
    done = true;
    thinner.join();
    EXPECT_EQ(CounterValue(recording::kDeathsSeen), 0u);
    EXPECT_EQ(SumOfLive().samples, 0u);
    EXPECT_EQ(SlotsNotEmpty(), 0u);
  });
}

// A block that was freed behind our back and handed out again is the program's: the stamper that is
// just reading it must not be asked to free it.
TEST(LiveTableOwnersTest, MissedFreeIsNobodysToFree) {
  InChild([] {
    SetFreeBlock(CountFree);
    std::atomic<bool> done{false};
    std::thread stamper([&] {
      while (!done) StampDueSamples(3600 * kSecond);
    });
    constexpr uint64_t kRounds = 300'000;
    for (uint64_t i = 0; i < kRounds; ++i) Insert(0x1000 + i % 4 * 64);
    done = true;
    stamper.join();
    EXPECT_EQ(g_freed.load(), 0);
    EXPECT_EQ(CounterValue(recording::kMissedFrees), kRounds - 4);
    EXPECT_EQ(SumOfLive().samples, 4u);
    for (uintptr_t i = 0; i < 4; ++i) ReleaseSample(0x1000 + i * 64);
    EXPECT_EQ(SlotsNotEmpty(), 0u);
  });
}

}  // namespace
}  // namespace seep::profiler
