// A small heap, known block by block, in every layout of glibc's structures.
#include <gtest/gtest.h>

#include "tests/heap/glibc_walked.h"

namespace seep {
namespace {

using testing::GlibcHeap;
using testing::GlibcWalked;

struct Release {
  std::string name;
  const glibc::ArenaLayout& arena;
  const glibc::ThreadCacheLayout& cache;
  bool is_protected;
};

class GlibcReleases : public ::testing::TestWithParam<Release> {};

TEST_P(GlibcReleases, EveryKindOfFreeBlockIsSubtracted) {
  const Release& release = GetParam();
  GlibcHeap heap(release.arena, release.cache, release.is_protected);
  heap.MakeOther();
  uint64_t live = heap.Add(0x30);
  uint64_t binned = heap.Add(0x500);
  uint64_t large = heap.Add(0x500);
  bool has_fast_bins = release.arena.fastbin_count > 0;
  for (int i = 0; i < 3 && has_fast_bins; ++i) heap.FreeToFastBin(heap.Add(0x40));
  for (int i = 0; i < 4; ++i) heap.FreeToThread(heap.Add(0x50));
  uint64_t other = heap.AddToOther(0x60);
  heap.FreeToThread(heap.AddToOther(0x60));
  uint64_t rest = heap.MoveOtherOn();
  uint64_t further = heap.AddToOther(0x70);
  heap.FreeToBin(binned);
  uint64_t mapped = heap.AddMapped(200'000);
  uint64_t aligned = heap.AddMapped(200'000, 2032);

  GlibcWalked walked = testing::WalkGlibc(heap);
  ASSERT_EQ(walked.walkers, 1u);
  for (const Dropped& d : walked.dropped) ADD_FAILURE() << d.what << ": " << d.count << d.why;
  std::set<uint64_t> chunks;
  for (const auto& [chunk, usable] : walked.live) chunks.insert(chunk);
  EXPECT_EQ(chunks, (std::set<uint64_t>{live, large, other, rest, further, mapped, aligned}));
  EXPECT_EQ(walked.live[live], 0x28u);
  EXPECT_GE(walked.live[mapped], 200'000u);
  EXPECT_EQ(walked.heap.discrepancy, 0u);
  EXPECT_EQ(walked.Free("bins"), 1u);
  EXPECT_EQ(walked.Free("fast bins"), has_fast_bins ? 3u : 0u);
  EXPECT_EQ(walked.Free("thread caches (tcache)"), 5u);
  EXPECT_EQ(walked.Free("top"), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    All, GlibcReleases,
    ::testing::Values(Release{"v2_27", glibc::kArenaLayouts[0], glibc::kThreadCacheLayouts[2], 0},
                      Release{"v2_31", glibc::kArenaLayouts[0], glibc::kThreadCacheLayouts[0], 0},
                      Release{"v2_36", glibc::kArenaLayouts[0], glibc::kThreadCacheLayouts[0], 1},
                      Release{"v2_42", glibc::kArenaLayouts[0], glibc::kThreadCacheLayouts[1], 1},
                      Release{"v2_43", glibc::kArenaLayouts[1], glibc::kThreadCacheLayouts[1], 1}),
    [](const auto& info) { return info.param.name; });

TEST(GlibcWalk, TheCachesStructureIsNoLiveBlock) {
  GlibcHeap heap;
  uint64_t live = heap.Add(0x30);
  heap.FreeToThread(heap.Add(0x30));
  GlibcWalked walked = testing::WalkGlibc(heap);
  EXPECT_EQ(walked.live.size(), 1u);
  EXPECT_TRUE(walked.live.contains(live));
  ASSERT_EQ(walked.heap.metadata.size(), 1u);
  EXPECT_EQ(walked.heap.metadata[0].begin.value(), heap.cache());
}

TEST(GlibcWalk, NothingIsFoundInOtherModules) {
  testing::WordMemory memory;
  memory.Set(0x600000, 0);
  LoadedModule module;
  module.segments = {{{Address(0x600000), Address(0x601000)}, true, false}};
  std::vector<Dropped> dropped;
  EXPECT_TRUE(FindGlibcMalloc({&memory, {}, {module}}, &dropped).empty());
  EXPECT_TRUE(dropped.empty());
}

}  // namespace
}  // namespace seep
