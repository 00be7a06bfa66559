// Births and deaths of samples, one thread.
#include "profiler/live_table.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/profiler/in_child.h"
#include "tests/profiler/samples.h"

namespace seep::profiler {
namespace {

using recording::Counter;

TEST(LiveTableTest, SumsWhatIsLive) {
  InChild([] {
    Insert(0x1000, 100, 0.5);
    Insert(0x2000, 3000, 2);
    double w1 = WeightOf(0.5), w2 = WeightOf(2);
    LiveSum sum = SumOfLive();
    EXPECT_EQ(sum.samples, 2u);
    EXPECT_NEAR(sum.objects, w1 + w2, 1e-9);
    EXPECT_NEAR(sum.bytes, 100 * w1 + 3000 * w2, 1e-6);
    double v1 = std::exp(-0.5) * w1 * w1, v2 = std::exp(-2) * w2 * w2;
    EXPECT_NEAR(sum.objects_variance, v1 + v2, 1e-9);
    EXPECT_NEAR(sum.bytes_variance, 1e4 * v1 + 9e6 * v2, 1e-3);
    EXPECT_EQ(ReleaseSample(0x1000), Release::kReleased);
    EXPECT_NEAR(SumOfLive().bytes, 3000 * w2, 1e-6);
    EXPECT_EQ(CounterValue(recording::kSamples), 2u);
    EXPECT_EQ(CounterValue(recording::kDeathsSeen), 1u);
  });
}

TEST(LiveTableTest, ReleasesOnlyWhatIsSampled) {
  InChild([] {
    Insert(0x1000);
    EXPECT_EQ(ReleaseSample(0x1008), Release::kNotSampled);
    EXPECT_EQ(ReleaseSample(0x1000), Release::kReleased);
    EXPECT_EQ(ReleaseSample(0x1000), Release::kNotSampled);
  });
}

// Twice, so that every slot must have come back to the free list.
TEST(LiveTableTest, HoldsAsManyAsThereAreSlots) {
  InChild([] {
    for (uint64_t round = 1; round <= 2; ++round) {
      for (uintptr_t i = 1; i <= kSlotCapacity; ++i) Insert(i * 64);
      EXPECT_EQ(SumOfLive().samples, kSlotCapacity);
      EXPECT_EQ(CounterValue(recording::kDroppedNoSlot), round - 1);
      Insert(uintptr_t{kSlotCapacity + 1} * 64);
      EXPECT_EQ(CounterValue(recording::kDroppedNoSlot), round);
      EXPECT_EQ(IndexFind(uintptr_t{kSlotCapacity + 1} * 64), kNotFound);
      for (uintptr_t i = 1; i <= kSlotCapacity; ++i) {
        ASSERT_EQ(ReleaseSample(i * 64), Release::kReleased);
      }
      EXPECT_EQ(SumOfLive().samples, 0u);
      EXPECT_NEAR(SumOfLive().objects, 0, 1e-4);
      EXPECT_EQ(SlotsNotEmpty(), 0u);
      EXPECT_EQ(FilterSum(), 0u);
    }
  });
}

TEST(LiveTableTest, AddressHandedOutAgainIsAMissedFree) {
  InChild([] {
    Insert(0x1000, 64);
    Insert(0x1000, 128);
    EXPECT_EQ(CounterValue(recording::kMissedFrees), 1u);
    EXPECT_EQ(SumOfLive().samples, 1u);
    EXPECT_EQ(SlotOf(0x1000).record.size, 128u);
    EXPECT_EQ(ReleaseSample(0x1000), Release::kReleased);
    EXPECT_EQ(SlotsNotEmpty(), 0u);
  });
}

TEST(LiveTableTest, DropsWhatTheIndexCannotHold) {
  InChild([] {
    std::mt19937_64 random(1);
    for (int i = 0; i < 400'000; ++i) IndexInsert(random() >> 17 & ~uintptr_t{7}, 1);
    uint64_t filter = FilterSum();
    for (uintptr_t i = 1; i <= 1000; ++i) Insert(0x7f00'0000'0000 + i * 64);
    uint64_t dropped = CounterValue(recording::kDroppedIndexFull);
    EXPECT_GT(dropped, 500u);
    EXPECT_EQ(SumOfLive().samples, 1000 - dropped);
    EXPECT_EQ(SlotsNotEmpty(), 1000 - dropped);
    EXPECT_EQ(FilterSum(), filter + 1000 - dropped);
    Insert(uintptr_t{1} << 50);
    Insert(0x1001);
    EXPECT_EQ(CounterValue(recording::kDroppedAddress), 2u);
    EXPECT_EQ(SumOfLive().samples, 1000 - dropped);
  });
}

TEST(LiveTableTest, ReallocThatFailsLeavesTheSample) {
  InChild([] {
    Insert(0x1000, 64, 0.25);
    uint64_t serial = SlotOf(0x1000).record.serial;
    double objects = SumOfLive().objects;
    uint32_t slot = 0;
    ASSERT_EQ(SuspendSample(0x1000, &slot), Suspension::kSuspended);
    EXPECT_EQ(IndexFind(0x1000), kNotFound) << "the real realloc may free and hand it out again";
    ResumeSample(slot);
    EXPECT_EQ(SlotOf(0x1000).record.serial, serial);
    EXPECT_DOUBLE_EQ(SumOfLive().objects, objects);
    EXPECT_EQ(ReleaseSample(0x1000), Release::kReleased);
  });
}

TEST(LiveTableTest, ReallocThatSucceedsIsADeath) {
  InChild([] {
    Insert(0x1000, 64);
    uint32_t slot = 0;
    ASSERT_EQ(SuspendSample(0x1000, &slot), Suspension::kSuspended);
    Insert(0x1000, 128);  // grown in place
    BurySample(slot);
    EXPECT_EQ(SlotOf(0x1000).record.size, 128u);
    EXPECT_EQ(SumOfLive().samples, 1u);
    EXPECT_EQ(CounterValue(recording::kReallocations), 1u);
    EXPECT_EQ(CounterValue(recording::kDeathsSeen), 1u);
    EXPECT_EQ(CounterValue(recording::kMissedFrees), 0u);
  });
}

TEST(LiveTableTest, ReallocFindsOnlySamples) {
  InChild([] {
    uint32_t slot = 77;
    EXPECT_EQ(SuspendSample(0x1000, &slot), Suspension::kNotSampled);
    EXPECT_EQ(slot, 77u);
  });
}

}  // namespace
}  // namespace seep::profiler
