// What a change of the interval does to blocks that are drawn around it.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/profiler/one_thread.h"

namespace seep::profiler {
namespace {

constexpr uint64_t kKiB = 1 << 10;
constexpr uint64_t kMiB = 1 << 20;

double Probability(double exposure) { return -std::expm1(-exposure); }

// λ must be what it was before it was known whether and where the sample point fell: the old T
// holds to the end of the 4 MiB leg, the new one after it.
TEST(SamplerIntervalTest, BlockIsExposedToTheOldIntervalUntilTheLegCouldHaveEnded) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    OneThread thread(seed, 64 * kKiB);
    double exposure = 0;
    uint64_t blocks = 0;
    while (exposure == 0) {
      exposure = thread.Allocate(1000, 512 * kKiB);  // T has changed, the leg has not ended yet
      ++blocks;
    }
    if (blocks * 1001 < 4 * kMiB) {
      ASSERT_NEAR(exposure, 1001.0 / (64 * kKiB), 1e-12) << seed;
    }
  }
}

TEST(SamplerIntervalTest, BlockLongerThanALegIsExposedToBoth) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    OneThread thread(seed, 1 * kMiB);
    double exposure = thread.Allocate(12 * kMiB - 1, 2 * kMiB);
    if (exposure != 0) {
      ASSERT_NEAR(exposure, 4.0 / 1 + 8.0 / 2, 1e-9) << seed;
    }
  }
}

// Many threads' worth of changes between two rates, up and down: the sums must not notice.
TEST(SamplerIntervalTest, SumsStayUnbiasedAcrossChanges) {
  std::mt19937_64 random(3);
  for (auto [low, high] : {std::pair{2 * kKiB, 16 * kKiB}, std::pair{64 * kKiB, 128 * kKiB}}) {
    OneThread thread(low, low);
    uint64_t interval = low;
    double objects = 0, variance = 0, blocks = 0;
    for (int change = 0; change < 100'000; ++change) {
      interval = interval == low ? high : low;
      for (int i = 0; i < 100; ++i) {
        ++blocks;
        double exposure = thread.Allocate(random() % 512, interval);
        if (exposure == 0) continue;
        double p = Probability(exposure);
        objects += 1 / p;
        variance += (1 - p) / (p * p);
      }
    }
    EXPECT_NEAR(objects, blocks, 4.5 * std::sqrt(variance)) << low;
    EXPECT_LT(std::sqrt(variance), 0.02 * blocks);
  }
}

// One block right after "off": nothing but the old T can have drawn it.
TEST(SamplerIntervalTest, SumsStayUnbiasedWhenSwitchedOff) {
  double objects = 0, variance = 0;
  constexpr int kThreads = 200'000;
  constexpr int kBlocks = 20;
  for (uint64_t seed = 0; seed < kThreads; ++seed) {
    OneThread thread(seed * 0x9E3779B97F4A7C15u, 4 * kKiB);
    for (int i = 0; i < kBlocks; ++i) {
      double exposure = thread.Allocate(99, 0);
      if (exposure == 0) continue;
      double p = Probability(exposure);
      objects += 1 / p;
      variance += (1 - p) / (p * p);
    }
  }
  // After its first draw a thread is off: it sees fewer blocks, by the time of its first draw.
  double p = Probability(100.0 / 4096);
  double exposed = (1 - std::pow(1 - p, kBlocks)) / p * kThreads;
  EXPECT_NEAR(objects, exposed, 4.5 * std::sqrt(variance));
}

TEST(SamplerIntervalTest, SwitchingOnReachesAThreadWithinOneLeg) {
  for (uint64_t before : {0u, 1000u, 4u << 20}) {
    OneThread thread(before, 0);
    for (uint64_t bytes = 0; bytes < before; bytes += 1024) thread.Allocate(1023, 0);
    uint64_t bytes = 0;
    while (thread.Allocate(1023, 1) == 0) bytes += 1024;
    EXPECT_LE(bytes, 4 * kMiB);
    EXPECT_GT(thread.Allocate(1023, 1), 0) << "and from there on every block";
  }
}

}  // namespace
}  // namespace seep::profiler
