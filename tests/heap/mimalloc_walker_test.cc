#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "heap/mimalloc/find.h"
#include "tests/heap/fuzz_rounds.h"
#include "tests/heap/mimalloc_fixture.h"
#include "tests/heap/walk_invariants.h"

namespace seep {
namespace {

using mimalloc::kFormats;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MimallocFixture;
using ::testing::SizeIs;

struct Walked {
  WalkedHeap heap;
  std::set<uint64_t> live;
};

Walked WalkAll(const Target& target) {
  std::vector<Dropped> dropped;
  std::vector<std::unique_ptr<AllocatorWalker>> walkers = FindMimalloc(target, &dropped);
  EXPECT_THAT(dropped, IsEmpty());
  Walked walked;
  if (walkers.size() != 1) {
    ADD_FAILURE() << walkers.size() << " walkers";
    return walked;
  }
  MemoryWindow window(*target.memory);
  walked.heap = walkers[0]->Walk(window, [&](const BlockRun& run) {
    for (uint64_t i = 0; i < run.count; ++i) {
      bool live = (run.live[i / 64] >> i % 64 & 1) != 0;
      if (live) walked.live.insert((run.start + i * run.stride).value());
    }
  });
  return walked;
}

class MimallocLayouts : public ::testing::TestWithParam<size_t> {};

TEST_P(MimallocLayouts, EveryBlockIsFound) {
  MimallocFixture fixture(kFormats[GetParam()]);
  Walked walked = WalkAll(fixture.target);
  EXPECT_EQ(walked.live, fixture.live);
  EXPECT_EQ(walked.heap.live_blocks, 815u + 100 + 1);
  EXPECT_EQ(walked.heap.discrepancy, 0u);
  EXPECT_THAT(walked.heap.dropped, IsEmpty());
  std::vector<uint64_t> free;
  for (const FreeBlocks& blocks : walked.heap.free) free.push_back(blocks.blocks);
  EXPECT_THAT(free, ::testing::ElementsAre(150, 30, 5, 200, 1));
  EXPECT_THAT(walked.heap.metadata, SizeIs(2));
  EXPECT_THAT(walked.heap.heap, SizeIs(2));
}

INSTANTIATE_TEST_SUITE_P(Formats, MimallocLayouts,
                         ::testing::Range(size_t{0}, std::size(kFormats)));

class MimallocWalker : public ::testing::Test {
 protected:
  static uint64_t CountDropped(const WalkedHeap& heap, const std::string& what) {
    uint64_t count = 0;
    for (const Dropped& dropped : heap.dropped) count += dropped.what == what ? dropped.count : 0;
    return count;
  }

  MimallocFixture fixture_{kFormats[0]};
};

TEST_F(MimallocWalker, ACycleInAListEnds) {
  fixture_.memory.Set(fixture_.BlockAt(99), fixture_.BlockAt(10));
  Walked walked = WalkAll(fixture_.target);
  EXPECT_EQ(walked.live, fixture_.live);
  EXPECT_EQ(CountDropped(walked.heap, "free lists of mimalloc's pages"), 1u);
}

TEST_F(MimallocWalker, AListThatLeavesItsPageIsCounted) {
  fixture_.memory.Set(fixture_.BlockAt(49), 0x1234'5678);
  Walked walked = WalkAll(fixture_.target);
  EXPECT_THAT(walked.live, SizeIs(fixture_.live.size() + 50));
  EXPECT_EQ(walked.heap.discrepancy, 50u);
  EXPECT_EQ(CountDropped(walked.heap, "free lists of mimalloc's pages"), 1u);
}

TEST_F(MimallocWalker, ACycleOfDelayedFreesEnds) {
  fixture_.memory.Set(fixture_.BlockAt(184), fixture_.BlockAt(182));
  Walked walked = WalkAll(fixture_.target);
  EXPECT_EQ(walked.live, fixture_.live);
  EXPECT_EQ(CountDropped(walked.heap, "lists of mimalloc's delayed frees"), 1u);
}

TEST_F(MimallocWalker, ADelayedFreeThatIsNoBlockIsCounted) {
  fixture_.memory.Set(fixture_.BlockAt(184), fixture_.BlockAt(20) + 8);
  Walked walked = WalkAll(fixture_.target);
  EXPECT_EQ(walked.live, fixture_.live);
  EXPECT_EQ(CountDropped(walked.heap, "delayed frees of mimalloc"), 1u);
}

TEST_F(MimallocWalker, APageThatCannotBeIsCounted) {
  uint64_t page = fixture_.PageAt(MimallocFixture::kSegment, 2);
  fixture_.memory.SetField(page + 12, uint16_t{50});  // fewer reserved than exist
  Walked walked = WalkAll(fixture_.target);
  EXPECT_THAT(walked.live, SizeIs(fixture_.live.size() - 100));
  EXPECT_EQ(CountDropped(walked.heap, "pages of mimalloc"), 1u);
}

TEST(FindMimallocTest, OtherVersionsAreNamedByTheirText) {
  testing::WordMemory memory;
  std::string text = "mimalloc: warning: ";
  text.resize(4096);
  for (size_t i = 0; i < text.size(); i += 8) {
    std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    memory.Set(0x40'0000 + i, mimalloc::WordAt(bytes, i));
  }
  Target target{.memory = &memory, .maps = {}, .modules = {{}}};
  target.modules[0].segments.push_back({.range = {Address(0x40'0000), Address(0x40'1000)}});
  std::vector<Dropped> dropped;
  EXPECT_THAT(FindMimalloc(target, &dropped), IsEmpty());
  ASSERT_THAT(dropped, SizeIs(1));
  EXPECT_THAT(dropped[0].why, HasSubstr("not supported"));
}

TEST(MimallocHostile, AnyDamageIsSurvived) {
  std::mt19937_64 random(20);
  uint64_t rounds = testing::FuzzRounds(5000), found = 0, complained = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    MimallocFixture fixture(kFormats[round % std::size(kFormats)]);
    testing::Damage(fixture.memory, fixture.memory.SetWords(), random);
    std::vector<Dropped> dropped;
    for (auto& walker : FindMimalloc(fixture.target, &dropped)) {
      WalkedHeap heap = testing::WalkAndCheck(*walker, fixture.memory);
      ++found;
      complained += !heap.dropped.empty() || heap.discrepancy > 0;
    }
  }
  EXPECT_GT(found, rounds / 2);
  EXPECT_GT(complained, found / 20);
}

}  // namespace
}  // namespace seep
