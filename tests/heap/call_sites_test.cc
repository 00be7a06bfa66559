#include "heap/census/call_sites.h"

#include <gtest/gtest.h>

#include <map>

namespace seep {
namespace {

constexpr uint64_t kSize = 48;

BlockHead HeadOf(size_t klass) { return {.klass = klass}; }

BlockGroup Counted(size_t klass, uint64_t count) {
  return {.head = HeadOf(klass), .size = kSize, .count = count, .example = Address(16)};
}

SampledGroup Drawn(size_t klass, size_t stack, uint64_t count, double probability = 1,
                   uint64_t unsampled_size = kSize) {
  return {.blocks = {.head = HeadOf(klass), .size = kSize, .count = count, .example = Address(32)},
          .unsampled_size = unsampled_size,
          .origin = {.stack = StackId(stack), .serial = 77, .probability = probability}};
}

std::map<size_t, uint64_t> SharesByStack(const ApportionedSites& sites) {
  std::map<size_t, uint64_t> shares;
  for (const OriginGroup& group : sites.groups) {
    if (group.split != 0) shares[group.origin.stack.index()] += group.blocks.count;
  }
  return shares;
}

TEST(ApportionSites, BySamplesOfTheSameClassAndSize) {
  ApportionedSites sites =
      ApportionSites({Counted(1, 1000), Counted(2, 7)},
                     {Drawn(1, 0, 30), Drawn(1, 1, 10), Drawn(1, 2, 90, 1, 64), Drawn(2, 1, 9)});
  EXPECT_EQ(SharesByStack(sites), (std::map<size_t, uint64_t>{{0, 750}, {1, 250}}));
  EXPECT_EQ(sites.apportioned, 1000u);
  EXPECT_EQ(sites.unknown, 7u) << "9 samples are too few";
  EXPECT_EQ(sites.samples, 139u);
  uint64_t blocks = 0;
  for (const OriginGroup& group : sites.groups) blocks += group.blocks.count;
  EXPECT_EQ(blocks, 1000u + 7 + 139);
}

TEST(ApportionSites, SharesKnowTheirSplitAndTheirSamples) {
  ApportionedSites sites = ApportionSites({Counted(1, 1000), Counted(2, 500)},
                                          {Drawn(1, 0, 30), Drawn(1, 1, 10), Drawn(2, 0, 20)});
  std::map<uint32_t, uint64_t> samples;
  for (const OriginGroup& group : sites.groups) {
    samples[group.split] += group.samples;
    EXPECT_EQ(group.origin.serial, group.split == 0 ? 77u : 0u);
  }
  EXPECT_EQ(samples, (std::map<uint32_t, uint64_t>{{0, 0}, {1, 40}, {2, 20}}));
}

// 20 were drawn while the interval was ten times as long: each stands for as many as ten others.
TEST(ApportionSites, WeighsByWhatEachSampleStandsFor) {
  ApportionedSites sites =
      ApportionSites({Counted(1, 3000)}, {Drawn(1, 0, 20, 0.001), Drawn(1, 1, 100, 0.01)});
  EXPECT_EQ(SharesByStack(sites), (std::map<size_t, uint64_t>{{0, 2000}, {1, 1000}}));
  uint64_t samples = 0;
  for (const OriginGroup& group : sites.groups) samples += group.samples;
  EXPECT_EQ(samples, 43u);  // (20·10 + 100)² / (20·100 + 100), and no 120
}

TEST(ApportionSites, PartsThatWouldBeNoneGoToTheirNeighbours) {
  std::vector<SampledGroup> drawn;
  for (size_t stack = 0; stack < 40; ++stack) drawn.push_back(Drawn(1, stack, 1));
  ApportionedSites sites = ApportionSites({Counted(1, 13)}, drawn);
  uint64_t blocks = 0;
  for (auto [stack, count] : SharesByStack(sites)) blocks += count;
  EXPECT_EQ(blocks, 13u);
}

}  // namespace
}  // namespace seep
