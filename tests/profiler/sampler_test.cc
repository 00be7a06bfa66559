// How often a block is drawn, against the model: p = 1 − e^−λ, λ = (size + 1) / T.
#include "profiler/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/profiler/one_thread.h"

namespace seep::profiler {
namespace {

constexpr double kSigmas = 4.5;  // one false alarm in 150,000; the seeds are fixed besides

struct Case {
  uint64_t size;
  uint64_t interval;
};

class DrawTest : public ::testing::TestWithParam<Case> {};

TEST_P(DrawTest, IsAsProbableAsTheModelSays) {
  auto [size, interval] = GetParam();
  double exposure = static_cast<double>(size + 1) / static_cast<double>(interval);
  double p = -std::expm1(-exposure);
  auto n = static_cast<uint64_t>(std::clamp(1000 / p, 20'000.0, 2e7));
  OneThread thread(size * 31 + interval, interval);
  uint64_t drawn = 0;
  for (uint64_t i = 0; i < n; ++i) {
    double got = thread.Allocate(size, interval);
    if (got == 0) continue;
    ++drawn;
    ASSERT_NEAR(got / exposure, 1, 1e-9);
  }
  auto trials = static_cast<double>(n);
  EXPECT_NEAR(static_cast<double>(drawn), trials * p, kSigmas * std::sqrt(trials * p * (1 - p)));
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (uint64_t interval :
       {uint64_t{64}, uint64_t{4} << 10, uint64_t{512} << 10, uint64_t{16} << 20})
    for (uint64_t size :
         {uint64_t{0}, uint64_t{1}, uint64_t{24}, uint64_t{1000}, uint64_t{64} << 10,
          uint64_t{512} << 10, uint64_t{4} << 20, uint64_t{64} << 20})
      cases.push_back({size, interval});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(SizesAndIntervals, DrawTest, ::testing::ValuesIn(Cases()),
                         [](const auto& test) {
                           return std::to_string(test.param.size) + "_every_" +
                                  std::to_string(test.param.interval);
                         });

TEST(SamplerTest, IntervalOneDrawsEveryBlockForCertain) {
  OneThread thread(1, 1);
  for (uint64_t size : {0, 1, 8, 39, 40, 4096, 100'000'000}) {
    double exposure = thread.Allocate(size, 1);
    EXPECT_EQ(-std::expm1(-exposure), 1) << size;
  }
}

TEST(SamplerTest, OffDrawsNothing) {
  OneThread thread(1, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(thread.Allocate(1 << 20, 0), 0);
}

// malloc(-1) fails, and must leave the counter as if it had been any large block.
TEST(SamplerTest, ImpossibleSizesDoNoHarm) {
  for (uint64_t size : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, kMaxCharge + 1, kMaxCharge}) {
    OneThread thread(size, kDefaultInterval);
    for (int i = 0; i < 100; ++i) {
      double exposure = thread.Allocate(size, kDefaultInterval);
      EXPECT_TRUE(exposure >= 0 && exposure <= 0x1p40 / 0x1p19 + 1) << exposure;
      EXPECT_LE(thread.state().left, kMaxLeg);
      thread.Allocate(100, kDefaultInterval);
      EXPECT_LE(thread.state().left, kMaxLeg);
    }
  }
}

// Each draw stands for 1/p blocks: over blocks of all sizes, the sums are those of the blocks.
TEST(SamplerTest, SumsOfWeightsAreUnbiased) {
  std::mt19937_64 random(7);
  OneThread thread(7, 64 << 10);
  double objects = 0, variance = 0, bytes = 0, bytes_variance = 0, true_bytes = 0;
  constexpr int kBlocks = 10'000'000;
  for (int i = 0; i < kBlocks; ++i) {
    uint64_t size = random() % (uint64_t{16} << (random() % 14));
    double x = static_cast<double>(size);
    true_bytes += x;
    double exposure = thread.Allocate(size, 64 << 10);
    if (exposure == 0) continue;
    double p = -std::expm1(-exposure);
    objects += 1 / p;
    variance += (1 - p) / (p * p);
    bytes += x / p;
    bytes_variance += x * x * (1 - p) / (p * p);
  }
  EXPECT_NEAR(objects, kBlocks, kSigmas * std::sqrt(variance));
  EXPECT_NEAR(bytes, true_bytes, kSigmas * std::sqrt(bytes_variance));
  EXPECT_LT(std::sqrt(bytes_variance), 0.01 * true_bytes);  // so that the test says something
}

}  // namespace
}  // namespace seep::profiler
