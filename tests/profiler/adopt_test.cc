// What a forked child makes of its parent's samples, whatever its parent's threads were doing.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

#include "profiler/stack_store.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/samples.h"

namespace seep::profiler {
namespace {

// As EnterChild does.
void Adopt() {
  ResetStackTotals();
  AdoptSamples();
}

TEST(AdoptTest, LiveSamplesAreInherited) {
  InChild([] {
    for (uintptr_t i = 1; i <= 1000; ++i) Insert(i * 64, i, 0.5);
    for (uintptr_t i = 1; i <= 1000; i += 2) ReleaseSample(i * 64);
    LiveSum before = SumOfLive();
    Adopt();
    LiveSum after = SumOfLive();
    EXPECT_EQ(after.samples, 500u);
    EXPECT_NEAR(after.objects, before.objects, 1e-6);
    EXPECT_NEAR(after.bytes, before.bytes, 1e-6);
    uint64_t deaths = CounterValue(recording::kDeathsSeen);
    for (uintptr_t i = 2; i <= 1000; i += 2) {
      EXPECT_EQ(SlotOf(i * 64).record.flags, recording::kSlotInherited);
      EXPECT_EQ(ReleaseSample(i * 64), Release::kReleased);
    }
    EXPECT_EQ(CounterValue(recording::kInheritedDeaths), 500u);
    EXPECT_EQ(CounterValue(recording::kDeathsSeen), deaths) << "not births of this process";
    EXPECT_NEAR(SumOfLive().objects, 0, 1e-6);
  });
}

TEST(AdoptTest, SlotsInUseByVanishedThreadsAreSettled) {
  InChild([] {
    using enum SlotState;
    uintptr_t address = 0x1000;
    for (SlotState state : {kPinned, kBusy, kPinnedFreed, kBusyFreed, kDying, kFilling}) {
      Insert(address);
      SlotOf(address).state = state;
      // Who says "freed" has been at the index first.
      if (state == kPinnedFreed || state == kBusyFreed) IndexRemove(address, IndexFind(address));
      address += 0x1000;
    }
    Adopt();
    EXPECT_EQ(SumOfLive().samples, 2u);
    EXPECT_EQ(SlotsNotEmpty(), 2u);
    EXPECT_EQ(ReleaseSample(0x1000), Release::kReleased) << "was being looked at";
    EXPECT_EQ(ReleaseSample(0x2000), Release::kReleased) << "was being thinned";
    EXPECT_EQ(FilterSum(), 0u);
    for (uintptr_t i = 1; i <= kSlotCapacity; ++i) Insert(i * 64);
    EXPECT_EQ(CounterValue(recording::kDroppedNoSlot), 0u) << "a slot was lost";
  });
}

// A vanished thread had taken the sample from the index and no more: nobody could ever free it.
TEST(AdoptTest, SampleThatIsNotInTheIndexIsGone) {
  InChild([] {
    using enum SlotState;
    for (SlotState state : {kLive, kPinned, kBusy}) {
      Insert(0x1000);
      Slot& slot = SlotOf(0x1000);
      slot.state = state;
      IndexRemove(0x1000, IndexFind(0x1000));
      Adopt();
      EXPECT_EQ(slot.state.load(), kEmpty);
      EXPECT_EQ(SumOfLive().samples, 0u);
    }
  });
}

// The thread that was thinning is not here: somebody else must be allowed to.
TEST(AdoptTest, ThinsThoughAForkCameWhileThinning) {
  InChild([] {
    for (uintptr_t i = 1; i <= kSlotCapacity / 4 * 3; ++i) Insert(i * 64, 8, 1e300);  // never thins
    std::atomic<bool> done{false};
    std::thread thinner([&] {
      while (!done) ThinIfCrowded(1);
    });
    while (CounterValue(recording::kThinnings) == 0) {
    }
    for (int i = 0; i < 20; ++i) {
      InChild([] {
        Adopt();
        EXPECT_EQ(ThinIfCrowded(1), 2u);
      });
    }
    done = true;
    thinner.join();
  });
}

#ifndef __SANITIZE_THREAD__  // its shadow memory would be counted
uint64_t AnonymousKiB() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    uint64_t value = 0;
    if (word == "RssAnon:" && status >> value) return value;
  }
  return 0;
}

// A child that samples pays for what its parent had, not for the whole table (5 MiB).
TEST(AdoptTest, LeavesUnusedSlotsUntouched) {
  InChild([] {
    for (uintptr_t i = 1; i <= 10; ++i) Insert(i * 64);
    uint64_t before = AnonymousKiB();
    AdoptSamples();
    EXPECT_LT(AnonymousKiB() - before, 1024u);
  });
}
#endif

}  // namespace
}  // namespace seep::profiler
