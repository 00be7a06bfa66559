// Thinning: as if everything had been drawn at 2T from the start.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/profiler/in_child.h"
#include "tests/profiler/samples.h"

namespace seep::profiler {
namespace {

constexpr uint32_t kCrowded = kSlotCapacity / 4 * 3;
constexpr uint64_t kRandom = 0x1234;

TEST(ThinTest, WaitsForThreeQuarters) {
  InChild([] {
    for (uintptr_t i = 1; i < kCrowded; ++i) Insert(i * 64);
    EXPECT_EQ(ThinIfCrowded(4096), 4096u);
    Insert(uintptr_t{kCrowded} * 64);
    EXPECT_EQ(ThinIfCrowded(0), 0u) << "off stays off";
    EXPECT_EQ(ThinIfCrowded(4096), 8192u);
    EXPECT_EQ(CounterValue(recording::kThinnings), 1u);
    EXPECT_LT(SumOfLive().samples, kCrowded);
    EXPECT_EQ(SumOfLive().samples + CounterValue(recording::kThinned), kCrowded);
  });
}

// Big blocks survive, small ones by half; the sums stay what they were, within their error.
TEST(ThinTest, KeepsTheSums) {
  InChild([] {
    InitLiveTable(kRandom, 0);
    std::mt19937_64 random(1);
    double objects = 0, bytes = 0;
    for (uintptr_t i = 1; i <= kCrowded; ++i) {
      double exposure = std::exp2(static_cast<double>(random() % 12) - 8);  // 1/256 … 8
      auto size = static_cast<uint64_t>(exposure * 4096);
      Insert(i * 64, size, exposure, kSecond);
      objects += WeightOf(exposure);
      bytes += WeightOf(exposure) * static_cast<double>(size);
    }
    // The error that thinning adds: each survivor's weight doubles at most, the others' vanish.
    LiveSum before = SumOfLive();
    ThinIfCrowded(4096);
    LiveSum after = SumOfLive();
    EXPECT_NEAR(before.objects, objects, 1e-3);
    EXPECT_LT(after.samples, before.samples * 7 / 10);
    EXPECT_NEAR(after.objects, objects,
                4.5 * std::sqrt(after.objects_variance - before.objects_variance));
    EXPECT_NEAR(after.bytes, bytes, 4.5 * std::sqrt(after.bytes_variance - before.bytes_variance));
    EXPECT_GT(after.objects_variance, 1.5 * before.objects_variance);
    EXPECT_LT(std::sqrt(after.objects_variance), 0.02 * objects) << "so that this says something";
  });
}

// recording_format.h: a block is kept while u·p(λ at draw) < p(λ now). Three thinnings in a row.
TEST(ThinTest, CanBeReplayedByAReader) {
  InChild([] {
    InitLiveTable(kRandom, 0);
    std::vector<recording::LiveSlot> drawn;
    std::mt19937_64 random(2);
    for (uintptr_t i = 1; i <= kCrowded; ++i) {
      Insert(i * 64, 100, std::exp2(static_cast<double>(random() % 8) - 2));
      drawn.push_back(SlotOf(i * 64).record);
    }
    uint32_t checked = 0;
    for (int thinning = 1; thinning <= 3; ++thinning) {
      for (uintptr_t i = uintptr_t{kCrowded} * 2; SumOfLive().samples < kCrowded; ++i)
        Insert(i * 64);
      ThinIfCrowded(4096);
      for (const auto& slot : drawn) {
        double u = recording::SampleRank(kRandom, slot.serial);
        double now = std::ldexp(slot.exposure, -thinning);
        bool kept = u * -std::expm1(-slot.exposure) < -std::expm1(-now);
        ASSERT_EQ(IndexFind(slot.address) != kNotFound, kept) << slot.serial;
        if (!kept) continue;
        ++checked;
        const auto& record = SlotOf(slot.address).record;
        ASSERT_DOUBLE_EQ(record.exposure, now);
        ASSERT_EQ(record.thinnings, thinning);
      }
      // Make room for new births, which have seen fewer thinnings.
      for (uintptr_t i = uintptr_t{kCrowded} * 2; IndexFind(i * 64) != kNotFound; ++i) {
        ReleaseSample(i * 64);
      }
    }
    EXPECT_GT(checked, 50'000u);
  });
}

// At T = 1 blocks are certain (λ ≥ 40): p is 1 for several thinnings, but not for ever.
TEST(ThinTest, ThinsEvenWhatWasCertain) {
  InChild([] {
    for (uintptr_t i = 1; i <= kCrowded; ++i) Insert(i * 64, 8, 40);
    uint64_t interval = 1;
    for (int i = 0; i < 8 && SumOfLive().samples >= kCrowded; ++i)
      interval = ThinIfCrowded(interval);
    EXPECT_LT(SumOfLive().samples, kCrowded);
    EXPECT_LE(interval, 128u);
    LiveSum sum = SumOfLive();
    EXPECT_NEAR(sum.objects, kCrowded, 4.5 * std::sqrt(sum.objects_variance));
  });
}

// What is given up is no death.
TEST(ThinTest, CountsNoDeaths) {
  InChild([] {
    for (uintptr_t i = 1; i <= kCrowded; ++i) Insert(i * 64, 8, 0.01);
    ThinIfCrowded(4096);
    EXPECT_EQ(CounterValue(recording::kDeathsSeen), 0u);
    uint64_t live = SumOfLive().samples;
    uint64_t released = 0;
    for (uintptr_t i = 1; i <= kCrowded; ++i)
      released += ReleaseSample(i * 64) == Release::kReleased;
    EXPECT_EQ(released, live);
    EXPECT_EQ(CounterValue(recording::kDeathsSeen), live);
    EXPECT_EQ(FilterSum(), 0u);
  });
}

}  // namespace
}  // namespace seep::profiler
