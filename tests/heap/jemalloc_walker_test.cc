#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heap/jemalloc/find.h"
#include "tests/heap/jemalloc_fixture.h"

namespace seep {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JemallocFixture;
using ::testing::SizeIs;

struct Walked {
  WalkedHeap heap;
  std::set<uint64_t> live;
  std::vector<BlockRun> runs;  // without their bits
};

Walked WalkAll(const Target& target) {
  std::vector<Dropped> dropped;
  std::vector<std::unique_ptr<AllocatorWalker>> walkers = FindJemalloc(target, &dropped);
  EXPECT_THAT(dropped, IsEmpty());
  Walked walked;
  if (walkers.size() != 1) {
    ADD_FAILURE() << walkers.size() << " walkers";
    return walked;
  }
  MemoryWindow window(*target.memory);
  walked.heap = walkers[0]->Walk(window, [&](const BlockRun& run) {
    for (uint64_t i = 0; i < run.count; ++i) {
      bool live = run.live.empty() || (run.live[i / 64] >> i % 64 & 1) != 0;
      if (live) walked.live.insert((run.start + i * run.stride).value());
    }
    walked.runs.push_back(run);
    walked.runs.back().live = {};
  });
  return walked;
}

const FreeBlocks& FreeAt(const WalkedHeap& heap, const std::string& where) {
  for (const FreeBlocks& free : heap.free) {
    if (free.where == where) return free;
  }
  ADD_FAILURE() << where;
  return heap.free[0];
}

struct Layout {
  std::string name;
  size_t format;
  size_t shape;
};

class JemallocLayouts : public ::testing::TestWithParam<Layout> {};

TEST_P(JemallocLayouts, EveryBlockIsFound) {
  JemallocFixture fixture(jemalloc::kFormats[GetParam().format],
                          jemalloc::kShapes[GetParam().shape]);
  Walked walked = WalkAll(fixture.target);
  EXPECT_EQ(walked.live, fixture.live);
  EXPECT_EQ(walked.heap.live_blocks, fixture.live.size());
  EXPECT_EQ(walked.heap.live_bytes, 136u * 48 + 2 * (14 << 10) + (16 << 10));
  EXPECT_EQ(walked.heap.discrepancy, 0u);
  EXPECT_THAT(walked.heap.dropped, IsEmpty());
  EXPECT_EQ(FreeAt(walked.heap, "slabs").blocks, 100u);
  EXPECT_EQ(FreeAt(walked.heap, "thread caches").blocks, 21u);
  EXPECT_EQ(FreeAt(walked.heap, "dirty extents").bytes, 2u * 4096);
  EXPECT_EQ(FreeAt(walked.heap, "muzzy extents").bytes, 3u * 4096);
  EXPECT_EQ(FreeAt(walked.heap, "retained extents").bytes, 4u * 4096);
  ASSERT_THAT(walked.heap.heap, SizeIs(1));
  EXPECT_EQ(walked.heap.heap[0].size(), 29u * 4096);
  ASSERT_THAT(walked.heap.metadata, SizeIs(1));
  EXPECT_EQ(walked.heap.metadata[0].size(), 16u << 20);
}

INSTANTIATE_TEST_SUITE_P(Builds, JemallocLayouts,
                         ::testing::Values(Layout{"Version53", 0, 0}, Layout{"Version52", 1, 0},
                                           Layout{"Version53Wide", 0, 1},
                                           Layout{"Version52Wide", 1, 1}),
                         [](const auto& param_info) { return param_info.param.name; });

class JemallocWalker : public ::testing::Test {
 protected:
  // Of its `dropped`, the count that speaks of `what`.
  static uint64_t CountDropped(const WalkedHeap& heap, const std::string& what) {
    uint64_t count = 0;
    for (const Dropped& dropped : heap.dropped) count += dropped.what == what ? dropped.count : 0;
    return count;
  }

  JemallocFixture fixture_{jemalloc::kFormats[0], jemalloc::kShapes[0]};
};

TEST_F(JemallocWalker, ASlabThatCountsOtherwiseIsADiscrepancy) {
  uint64_t first_free = JemallocFixture::kSlabEdata + jemalloc::kBitmapAt;
  fixture_.memory.Set(first_free, fixture_.memory.Get(first_free) & ~uint64_t{7});
  Walked walked = WalkAll(fixture_.target);
  EXPECT_EQ(walked.heap.discrepancy, 3u);
  EXPECT_THAT(walked.live, SizeIs(fixture_.live.size() + 3));
}

TEST_F(JemallocWalker, AFreeBlockInACacheIsCounted) {
  uint64_t first_free = JemallocFixture::kSlabEdata + jemalloc::kBitmapAt;
  fixture_.memory.Set(first_free + 8, fixture_.memory.Get(first_free + 8) | uint64_t{1} << 40);
  Walked walked = WalkAll(fixture_.target);  // block 104 is free twice
  EXPECT_EQ(CountDropped(walked.heap, "blocks in jemalloc's thread caches"), 1u);
  EXPECT_EQ(walked.live, fixture_.live);
}

TEST_F(JemallocWalker, ALostExtentIsCounted) {
  fixture_.memory.Set(JemallocFixture::kSlabEdata + 128 + 8, 0x1234'5000);  // its address
  Walked walked = WalkAll(fixture_.target);
  EXPECT_GE(CountDropped(walked.heap, "extents of jemalloc"), 1u);
  EXPECT_THAT(walked.live, SizeIs(fixture_.live.size() - 2));
}

TEST_F(JemallocWalker, ACycleOfCachesEnds) {
  uint64_t second = JemallocFixture::kStack + 0x8000;
  for (uint64_t at = 0; at < 40; at += 8) {
    fixture_.memory.Set(second + at, fixture_.memory.Get(JemallocFixture::kDescriptor + at));
  }
  fixture_.memory.Set(JemallocFixture::kDescriptor, second);
  fixture_.memory.Set(second, second);  // the ring does not come back to its first
  Walked walked = WalkAll(fixture_.target);
  EXPECT_EQ(walked.live, fixture_.live);  // though both have the same bins
  EXPECT_EQ(CountDropped(walked.heap, "blocks in jemalloc's thread caches"), 21u);
}

TEST_F(JemallocWalker, ALeafThatIsThereTwiceIsReadOnce) {
  uint64_t index = JemallocFixture::kHeap >> 30;
  fixture_.memory.Set(fixture_.root() + index * 8 + 8,
                      fixture_.memory.Get(fixture_.root() + index * 8));
  Walked walked = WalkAll(fixture_.target);
  EXPECT_EQ(walked.live, fixture_.live);
  EXPECT_EQ(CountDropped(walked.heap, "parts of jemalloc's tree"), 1u);
}

// As jemalloc's own profiler leaves them: 100 bytes in an extent of 16 KiB and a page.
TEST_F(JemallocWalker, ASampledBlockHasItsRequestedSize) {
  uint64_t edata = JemallocFixture::kSlabEdata + 2 * 128;
  fixture_.memory.Set(edata + jemalloc::kProfilingAt + 8, 100);
  fixture_.memory.Set(edata + jemalloc::kProfilingAt + 16, JemallocFixture::kDescriptor);
  Walked walked = WalkAll(fixture_.target);
  ASSERT_THAT(walked.runs, SizeIs(3));
  EXPECT_TRUE(walked.runs[2].requested_is_known);
  EXPECT_EQ(walked.runs[2].usable, 100u);
}

TEST_F(JemallocWalker, ASampledBlockHasItsCallStack) {
  constexpr uint64_t kSample = JemallocFixture::kBase + 0x80'0000, kContext = kSample + 0x1000;
  uint64_t edata = JemallocFixture::kSlabEdata + 2 * 128;
  fixture_.memory.Set(edata + jemalloc::kProfilingAt + 8, 100);
  fixture_.memory.Set(edata + jemalloc::kProfilingAt + 16, kSample);
  fixture_.memory.Set(kSample, 0x1111);
  fixture_.memory.Set(kSample + 96, kContext);
  fixture_.memory.Set(kContext + 104, kContext + 120);
  fixture_.memory.Set(kContext + 112, 2);
  fixture_.memory.Set(kContext + 120, 0x401000);
  fixture_.memory.Set(kContext + 128, 0x402000);
  std::vector<uint64_t> stack;
  uint64_t unsampled = 0;
  auto walk = [&] {
    std::vector<Dropped> none;
    auto walkers = FindJemalloc(fixture_.target, &none);
    MemoryWindow window(*fixture_.target.memory);
    return walkers.at(0)->Walk(window, [&](const BlockRun& run) {
      if (!run.requested_is_known) return;
      stack.assign(run.stack.begin(), run.stack.end());
      unsampled = run.unsampled_usable;
    });
  };
  EXPECT_EQ(CountDropped(walk(), "sampled blocks"), 0u);
  EXPECT_EQ(stack, (std::vector<uint64_t>{0x401000, 0x402000}));
  EXPECT_EQ(unsampled, 112u);
  // A vector that does not lie where a context has it.
  fixture_.memory.Set(kContext + 104, kContext + 128);
  EXPECT_EQ(CountDropped(walk(), "sampled blocks"), 1u);
  EXPECT_TRUE(stack.empty());
}

TEST(FindJemallocTest, OtherVersionsAreNamed) {
  JemallocFixture fixture(jemalloc::kFormats[2], jemalloc::kShapes[0]);  // 5.0
  std::vector<Dropped> dropped;
  EXPECT_THAT(FindJemalloc(fixture.target, &dropped), IsEmpty());
  ASSERT_THAT(dropped, SizeIs(1));
  EXPECT_THAT(dropped[0].why, HasSubstr("jemalloc 5.0 is not supported"));
}

TEST(FindJemallocTest, Version4IsNamedByItsText) {
  testing::WordMemory memory;
  std::string text = "<jemalloc>: Error in mmap() opt.lg_chunk";
  text.resize(4096);
  for (size_t i = 0; i < text.size(); i += 8) {
    memory.Set(0x40'0000 + i,
               jemalloc::WordAt({reinterpret_cast<uint8_t*>(text.data()), text.size()}, i));
  }
  Target target{.memory = &memory, .maps = {}, .modules = {{}}};
  target.modules[0].segments.push_back({.range = {Address(0x40'0000), Address(0x40'1000)}});
  std::vector<Dropped> dropped;
  EXPECT_THAT(FindJemalloc(target, &dropped), IsEmpty());
  ASSERT_THAT(dropped, SizeIs(1));
  EXPECT_THAT(dropped[0].why, HasSubstr("jemalloc 4 and older"));
}

}  // namespace
}  // namespace seep
