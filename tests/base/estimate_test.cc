#include "base/estimate.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <vector>

namespace seep {
namespace {

TEST(EstimateTest, OfACountedItemIsExact) {
  Estimate e = Estimate::Of(48, 1);
  EXPECT_EQ(e, (Estimate{48, 0, 48 * 48, 1}));
  EXPECT_EQ(e.std_error(), 0);
}

TEST(EstimateTest, OfASampledItemStandsForOthers) {
  Estimate e = Estimate::Of(10, 0.25);
  EXPECT_DOUBLE_EQ(e.value, 40);
  EXPECT_DOUBLE_EQ(e.variance, 10 * 10 * 0.75 / (0.25 * 0.25));
  EXPECT_DOUBLE_EQ(e.squares, 1600);
  EXPECT_EQ(e.samples, 1u);
}

TEST(EstimateTest, AddsUpMemberByMember) {
  Estimate sum = Estimate::Of(10, 0.25);
  sum += Estimate::Of(5, 0.5);
  EXPECT_EQ(sum, (Estimate{40 + 10, 1200 + 50, 1600 + 100, 2}));
}

TEST(EstimateTest, NothingIsZero) {
  Estimate sum = Estimate::Of(3, 0.5);
  Estimate before = sum;
  sum += Estimate();
  EXPECT_EQ(sum, before);
  EXPECT_EQ(Estimate().std_error(), 0);
}

// Draws the same population many times, sizes and probabilities mixed.
TEST(EstimateTest, IsUnbiasedAndKnowsItsError) {
  struct Item {
    double size;
    double probability;
  };
  std::vector<Item> population;
  double truth = 0;
  double true_variance = 0;
  for (int i = 0; i < 500; ++i) {
    double size = 16.0 * (1 + i % 40);
    double probability = 1 - std::exp(-size / 256);
    population.push_back({size, probability});
    truth += size;
    true_variance += size * size * (1 - probability) / probability;
  }
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform;
  constexpr int kDraws = 4000;
  double values = 0;
  double squared_errors = 0;
  double variances = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    Estimate sum;
    for (const Item& item : population) {
      if (uniform(random) < item.probability) sum += Estimate::Of(item.size, item.probability);
    }
    values += sum.value;
    squared_errors += (sum.value - truth) * (sum.value - truth);
    variances += sum.variance;
  }
  EXPECT_NEAR(values / kDraws, truth, 4 * std::sqrt(true_variance / kDraws));
  EXPECT_NEAR(variances / kDraws / true_variance, 1, 0.02);
  EXPECT_NEAR(squared_errors / kDraws / true_variance, 1, 0.1);  // ± 2.2 % is one standard error
}

}  // namespace
}  // namespace seep
