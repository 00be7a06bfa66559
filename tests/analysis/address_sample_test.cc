#include "analysis/address_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/mix.h"

namespace seep {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// The blocks [first, end), sampled up to `bound`.
AddressSample Blocks(uint64_t first, uint64_t end, uint64_t bound = kAll) {
  AddressSample sample{.bound = bound, .addresses = {}};
  for (uint64_t i = first; i < end; ++i) {
    if (Mix64(i * 48) <= bound) sample.addresses.push_back(Address(i * 48));
  }
  return sample;
}

TEST(AddressSample, OfAllBlocksIsExact) {
  std::optional<Survival> survival = SurvivalOf(Blocks(0, 100), Blocks(75, 300));
  ASSERT_TRUE(survival.has_value());
  EXPECT_DOUBLE_EQ(survival->share, 0.25);
  EXPECT_DOUBLE_EQ(survival->std_error, 0);
  EXPECT_EQ(survival->compared, 100u);
}

TEST(AddressSample, KnowsNothingOfNoBlocks) {
  EXPECT_FALSE(SurvivalOf(Blocks(0, 0), Blocks(0, 100)).has_value());
  EXPECT_DOUBLE_EQ(SurvivalOf(Blocks(0, 100), Blocks(0, 0))->share, 0);
}

// Counts of different size have samples of different bounds: the lower one is common to both.
TEST(AddressSample, OfAPartIsRightWithinItsError) {
  std::optional<Survival> survival =
      SurvivalOf(Blocks(0, 100'000, kAll / 50), Blocks(40'000, 1'000'000, kAll / 500));
  ASSERT_TRUE(survival.has_value());
  EXPECT_NEAR(static_cast<double>(survival->compared), 200, 60);
  EXPECT_GT(survival->std_error, 0.02);
  EXPECT_LT(std::abs(survival->share - 0.6), 3 * survival->std_error);
}

TEST(AddressSample, MergesToTheLowerBound) {
  AddressSample merged = Blocks(0, 1000);
  AddressSample part = Blocks(1000, 9000, kAll / 8);
  merged.Merge(part.bound, part.addresses);
  AddressSample whole = Blocks(0, 9000, kAll / 8);
  std::ranges::sort(merged.addresses);
  EXPECT_EQ(merged.bound, whole.bound);
  EXPECT_EQ(merged.addresses, whole.addresses);
}

}  // namespace
}  // namespace seep
