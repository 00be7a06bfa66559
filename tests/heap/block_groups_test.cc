#include "heap/census/block_groups.h"

#include <gtest/gtest.h>

#include <map>

namespace seep {
namespace {

constexpr uint64_t kFirst = 0x7f0000000000;

TEST(BlockGroups, FewBlocksAreAllDrawn) {
  BlockGroups groups;
  for (uint64_t i = 0; i < 300; ++i) groups.Add({}, 48, Address(kFirst + i * 48));
  std::vector<DrawnBlock> drawn = groups.DrawWithoutClass();
  ASSERT_EQ(drawn.size(), 300u);
  for (uint64_t i = 0; i < drawn.size(); ++i) EXPECT_EQ(drawn[i].block, Address(kFirst + i * 48));
}

// Half of a kind are held alike: so are half of those that were drawn, wherever in the heap they
// lie.
TEST(BlockGroups, DrawsUniformly) {
  BlockGroups groups;
  constexpr uint64_t kBlocks = 1'000'000;
  for (uint64_t i = 0; i < kBlocks; ++i) groups.Add({}, 32, Address(kFirst + i * 32));
  std::vector<DrawnBlock> drawn = groups.DrawWithoutClass();
  ASSERT_EQ(drawn.size(), BlockGroups::kKeptOfAKind);
  double first_half = 0, every_other = 0;
  for (const DrawnBlock& block : drawn) {
    uint64_t i = (block.block - Address(kFirst)) / 32;
    first_half += i < kBlocks / 2;
    every_other += i % 2 == 1;
  }
  auto n = static_cast<double>(drawn.size());
  EXPECT_NEAR(first_half / n, 0.5, 0.08);  // five standard errors
  EXPECT_NEAR(every_other / n, 0.5, 0.08);
}

TEST(BlockGroups, DrawsFewerOfEachOfManyKinds) {
  BlockGroups groups;
  constexpr uint64_t kKinds = 600;
  for (uint64_t kind = 0; kind < kKinds; ++kind) {
    for (uint64_t i = 0; i < (kind == 7 ? 100 : 2000); ++i) {
      groups.Add({}, 16 + kind, Address((kind + 1) << 32 | i * 16));
    }
  }
  std::vector<DrawnBlock> drawn = groups.DrawWithoutClass();
  EXPECT_LE(drawn.size(), BlockGroups::kDrawn);
  std::map<size_t, uint64_t> of_row;
  for (const DrawnBlock& block : drawn) ++of_row[block.row];
  EXPECT_EQ(of_row[7], 100u) << "a kind of few blocks keeps them all";
  for (size_t row = 0; row < kKinds; ++row) {
    if (row != 7) {
      EXPECT_EQ(of_row[row], 128u);
    }
  }
}

TEST(BlockGroups, DrawsNoObjects) {
  BlockGroups groups;
  BlockHead object;
  object.klass = 3;
  groups.Add(object, 48, Address(kFirst));
  EXPECT_TRUE(groups.DrawWithoutClass().empty());
}

// What a later count can be compared with: the same addresses, however many were added between.
TEST(BlockGroups, KeepsTheAddressesOfTheLeastHashes) {
  BlockGroups before, now;
  for (uint64_t i = 0; i < 100'000; ++i) before.Add({}, 48, Address(kFirst + i * 48));
  for (uint64_t i = 0; i < 200'000; ++i) now.Add({}, 48, Address(kFirst + i * 48));
  std::vector<BlockGroup> first = std::move(before).Take(), second = std::move(now).Take();
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(first[0].addresses.size(), BlockGroups::kKeptOfAKind);
  uint64_t bound = second[0].addresses.bound();
  EXPECT_LT(bound, first[0].addresses.bound());
  uint64_t common = 0, before_bound = 0;
  const std::vector<Address>& kept = second[0].addresses.addresses();
  for (Address address : first[0].addresses.addresses()) {
    if (BottomAddresses::Hash(address) > bound) continue;
    ++before_bound;
    common += std::ranges::count(kept, address) > 0;
  }
  EXPECT_GT(before_bound, 300u);
  EXPECT_EQ(common, before_bound);
}

}  // namespace
}  // namespace seep
