#include "analysis/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/analysis/world.h"

namespace seep {
namespace {

// Counted blocks of one kind, apportioned over two stacks.
struct Shares {
  uint64_t first = 0;
  uint64_t second = 0;
  uint32_t first_samples = 0;
  uint32_t second_samples = 0;
  uint64_t size = 48;
  uint32_t split = 1;
};

Block PartOf(const Shares& shares, bool first, StackId stack) {
  Block block;
  block.size = shares.size;
  block.count = first ? shares.first : shares.second;
  block.samples = first ? shares.first_samples : shares.second_samples;
  block.split = shares.split;
  block.stack = stack;
  block.birth = kBirthUnknown;
  return block;
}

std::shared_ptr<const Snapshot> Split(World& world, const std::vector<Shares>& all) {
  StackId accept = world.AddStack({At("Accept()")}), retry = world.AddStack({At("Retry()")});
  for (const Shares& shares : all) {
    world.builder().AddBlock(PartOf(shares, true, accept));
    world.builder().AddBlock(PartOf(shares, false, retry));
  }
  return world.Build();
}

TEST(Totals, AShareIsUncertainAndTheSumOfAllIsNot) {
  World world;
  auto snapshot = Split(world, {{750'000, 250'000, 300, 100}});
  Totals totals(*snapshot);
  Quantity accept = totals.Of(BlockList{0}), retry = totals.Of(BlockList{1});
  // N √(p(1 − p)/n), and next to nothing for n of N being known.
  EXPECT_NEAR(accept.objects.std_error(), 1e6 * std::sqrt(0.75 * 0.25 / 400), 10);
  EXPECT_NEAR(accept.bytes.std_error(), 48 * accept.objects.std_error(), 1e-3);
  EXPECT_DOUBLE_EQ(retry.objects.std_error(), accept.objects.std_error());
  EXPECT_EQ(accept.objects.value, 750'000);
  Quantity all = totals.Of(BlockList{0, 1});
  EXPECT_EQ(all.objects.value, 1e6);
  EXPECT_EQ(all.objects.std_error(), 0);
  EXPECT_EQ(all.bytes.std_error(), 0);
}

TEST(Totals, SplitsOfDifferentSizesAreApartFromEachOther) {
  World world;
  auto snapshot = Split(world, {{750'000, 250'000, 300, 100, 48, 1}, {500, 500, 50, 50, 4096, 2}});
  Totals totals(*snapshot);
  Estimate bytes = totals.Of(BlockList{0, 2}).bytes;
  double small = 48 * totals.Of(BlockList{0}).objects.std_error();
  double large = 4096 * std::sqrt(1000.0 * 1100 * 0.25 / 100);
  EXPECT_NEAR(bytes.variance, small * small + large * large, 1);
  EXPECT_EQ(totals.Of(BlockList{0, 1, 2}).bytes.variance, totals.Of(BlockList{2}).bytes.variance);
}

// Who draws n of N + n blocks, and apportions the N others by what was drawn, is wrong by so much.
TEST(Totals, TheStandardErrorIsThatOfTheShares) {
  constexpr uint64_t kOthers = 3000, kDrawn = 400, kAccepted = 1000;
  constexpr int kRounds = 2000;
  std::mt19937_64 random(7);
  std::vector<int> accepted(kOthers + kDrawn);
  std::fill_n(accepted.begin(), kAccepted, 1);
  double squares = 0, variances = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::shuffle(accepted.begin(), accepted.end(), random);
    uint64_t drawn = static_cast<uint64_t>(
        std::accumulate(accepted.begin(), accepted.begin() + kDrawn, int64_t{0}));
    uint64_t told = kOthers * drawn / kDrawn;
    World world;
    auto snapshot = Split(world, {{told, kOthers - told, static_cast<uint32_t>(drawn),
                                   static_cast<uint32_t>(kDrawn - drawn)}});
    double wrong = static_cast<double>(told) - static_cast<double>(kAccepted - drawn);
    squares += wrong * wrong;
    variances += Totals(*snapshot).Of(BlockList{0}).objects.variance;
  }
  EXPECT_NEAR(std::sqrt(squares / variances), 1, 0.05);  // 2,000 rounds: known to 1.6 %
}

TEST(Ages, AreOfThoseWhoseBirthIsKnown) {
  World world;
  Block unknown;
  unknown.birth = kBirthUnknown;
  unknown.count = 1000;
  world.builder().AddBlock(unknown);
  world.AddBlock({.birth_s = 40});
  auto snapshot = world.Build();
  EXPECT_EQ(AgesOf(*snapshot, BlockList{0, 1}).oldest_s, 60);
  EXPECT_EQ(AgesOf(*snapshot, BlockList{0, 1}).median_s, 60);
  EXPECT_EQ(AgesOf(*snapshot, BlockList{0}).oldest_s, std::nullopt);
}

}  // namespace
}  // namespace seep
