#include "heap/census/block_sample.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "heap/census/pointer_filter.h"

namespace seep {
namespace {

std::map<size_t, uint64_t> CountKinds(const std::vector<DrawnBlock>& blocks) {
  std::map<size_t, uint64_t> kinds;
  for (const DrawnBlock& drawn : blocks) ++kinds[drawn.kind];
  return kinds;
}

TEST(BlockSample, FewBlocksAreAllDrawn) {
  BlockSample sample;
  for (uint64_t i = 0; i < BlockSample::kOfEachKind; ++i) sample.Offer(3, Address(0x1000 + i * 16));
  std::vector<DrawnBlock> drawn = std::move(sample).Take();
  ASSERT_EQ(drawn.size(), BlockSample::kOfEachKind);
  for (uint64_t i = 0; i < drawn.size(); ++i) EXPECT_EQ(drawn[i].block, Address(0x1000 + i * 16));
}

// Half of a kind are held alike: so are half of those that were drawn, wherever in the heap they
// lie.
TEST(BlockSample, IsUniform) {
  BlockSample sample;
  constexpr uint64_t kBlocks = 1'000'000;
  for (uint64_t i = 0; i < kBlocks; ++i) sample.Offer(0, Address(0x7f0000000000 + i * 32));
  std::vector<DrawnBlock> drawn = std::move(sample).Take();
  ASSERT_EQ(drawn.size(), BlockSample::kOfEachKind);
  double first_half = 0, every_other = 0;
  for (const DrawnBlock& block : drawn) {
    uint64_t i = (block.block - Address(0x7f0000000000)) / 32;
    first_half += i < kBlocks / 2 ? 1 : 0;
    every_other += i % 2 == 1 ? 1 : 0;
  }
  auto n = static_cast<double>(drawn.size());
  EXPECT_NEAR(first_half / n, 0.5, 0.04);  // five standard errors
  EXPECT_NEAR(every_other / n, 0.5, 0.04);
}

TEST(BlockSample, ManyKindsGetFewerEach) {
  BlockSample sample;
  constexpr size_t kKinds = 200;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    for (uint64_t i = 0; i < (kind == 7 ? 100 : 5000); ++i) {
      sample.Offer(kind, Address((kind << 32) + i * 16));
    }
  }
  std::vector<DrawnBlock> drawn = std::move(sample).Take();
  EXPECT_LE(drawn.size(), BlockSample::kOfAll);
  std::map<size_t, uint64_t> kinds = CountKinds(drawn);
  EXPECT_EQ(kinds[7], 100u) << "a kind of few blocks keeps them all";
  for (size_t kind = 0; kind < kKinds; ++kind) {
    EXPECT_EQ(kinds[kind], kind == 7 ? 100u : 512u);
  }
}

TEST(PointerFilter, KnowsItsAddressesAndNoOthers) {
  std::mt19937_64 random(1);
  std::set<uint64_t> words;
  while (words.size() < 20'000) words.insert(0x7f0000000000 + random() % (1 << 30) / 16 * 16);
  std::vector<Address> addresses;
  for (uint64_t word : words) addresses.push_back(Address(word));
  PointerFilter filter(addresses);
  uint32_t place = 0;
  for (uint64_t word : words) {
    ASSERT_TRUE(filter.MayHold(word));
    ASSERT_EQ(filter.Find(word), place++);
  }
  uint64_t passed = 0;
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    uint64_t word = 0x7f0000000000 + random() % (1 << 30) / 8 * 8;
    if (words.contains(word)) continue;
    passed += filter.MayHold(word);
    ASSERT_EQ(filter.Find(word), std::nullopt);
  }
  EXPECT_LT(passed, 100'000u) << "a filter that lets everything through is none";
  for (uint64_t word :
       {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, *words.begin() - 8, *words.rbegin() + 8}) {
    EXPECT_FALSE(filter.MayHold(word));
  }
  EXPECT_FALSE(PointerFilter({}).MayHold(0));
}

}  // namespace
}  // namespace seep
