// A small heap, known block by block, in every layout of gperftools' structures.
#include <gtest/gtest.h>

#include <set>

#include "heap/tcmalloc/find.h"
#include "tests/heap/tcmalloc_heap.h"

namespace seep {
namespace {

using testing::TcmallocHeap;
using testing::TcmallocLayout;

constexpr uint64_t kFirst = 0x40000;  // page: spans begin in the second leaf, or later

struct Result {
  size_t walkers = 0;
  std::vector<Dropped> not_found;
  std::set<uint64_t> live;  // addresses
  std::vector<BlockRun> runs;
  WalkedHeap walked;

  uint64_t Free(const std::string& where) const {
    for (const FreeBlocks& free : walked.free) {
      if (free.where == where) return free.blocks;
    }
    ADD_FAILURE() << where;
    return 0;
  }
};

Result Walk(const TcmallocHeap& heap) {
  Result result;
  Target target = heap.target();
  auto walkers = FindTcmalloc(target, &result.not_found);
  result.walkers = walkers.size();
  if (walkers.size() != 1) return result;
  MemoryWindow window(*target.memory);
  result.walked = walkers[0]->Walk(window, [&](const BlockRun& run) {
    for (uint64_t i = 0; i < run.count; ++i) {
      bool live = run.live.empty() || (run.live[i / 64] >> (i % 64) & 1) != 0;
      if (live) result.live.insert((run.start + i * run.stride).value());
    }
    result.runs.push_back(run);
  });
  return result;
}

class TcmallocLayouts : public ::testing::TestWithParam<TcmallocLayout> {};

TEST_P(TcmallocLayouts, EveryKindOfFreeBlockIsSubtracted) {
  TcmallocHeap heap(GetParam());
  auto block = [&](uint64_t i) { return heap.Block(kFirst, 3, i); };
  uint64_t span = heap.AddSmall(kFirst, 3);
  heap.FreeToSpan(span, {block(5), block(0), block(9)});
  uint64_t thread = heap.AddThread();
  heap.FreeToThread(thread, 3, {block(2), block(7)});
  uint64_t other = heap.AddThread();
  heap.FreeToThread(other, 3, {block(11)});
  heap.AddThread();
  bool has_transfer = GetParam().slots > 0;
  if (has_transfer) heap.FreeToTransfer(3, {block(12), block(13), block(14), block(1)});
  heap.AddLarge(kFirst + 100, 3);
  heap.AddLarge(kFirst + 103, 2, /*location=*/1);
  heap.AddLarge(kFirst + 105, 7, /*location=*/2);

  Result result = Walk(heap);
  ASSERT_EQ(result.walkers, 1u);
  EXPECT_TRUE(result.walked.dropped.empty());
  std::set<uint64_t> expected = {(kFirst + 100) << GetParam().page_shift};
  for (uint64_t i = 0; i < heap.Capacity(3); ++i) expected.insert(block(i));
  std::vector<uint64_t> free = {5, 0, 9, 2, 7, 11};
  if (has_transfer) free.insert(free.end(), {12, 13, 14, 1});
  for (uint64_t i : free) expected.erase(block(i));
  EXPECT_EQ(result.live, expected);
  EXPECT_EQ(result.walked.live_blocks, expected.size());
  EXPECT_EQ(result.walked.discrepancy, 0u);
  EXPECT_EQ(result.Free("span free lists"), 3u);
  EXPECT_EQ(result.Free("thread caches"), 3u);
  EXPECT_EQ(result.Free("transfer cache"), has_transfer ? 4u : 0u);
  EXPECT_EQ(result.Free("page heap (normal)"), 1u);
  EXPECT_EQ(result.Free("page heap (returned to the system)"), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    All, TcmallocLayouts,
    ::testing::Values(TcmallocLayout{.room = 96},                    // 2.6, 2.7
                      TcmallocLayout{},                              // 2.8 to 2.10
                      TcmallocLayout{.after_pages = 8},              // 2.11 to 2.15
                      TcmallocLayout{.next = 32, .after_pages = 8},  // 2.16 to 2.18
                      TcmallocLayout{.page_shift = 12}, TcmallocLayout{.page_shift = 14},
                      TcmallocLayout{.page_shift = 15}, TcmallocLayout{.page_shift = 16},
                      TcmallocLayout{.page_shift = 18},
                      TcmallocLayout{.slots = 0, .levels = 3},  // SMALL_BUT_SLOW
                      TcmallocLayout{.page_shift = 12, .slots = 0, .levels = 3}));

TEST(TcmallocWalk, SpansCrossTheEdgesOfLeaves) {
  TcmallocHeap heap;
  uint64_t leaf = uint64_t{1} << 18;
  heap.AddThread();
  // One from the first leaf over all of the second into the third; the next one follows at once.
  for (uint64_t page : {leaf, 2 * leaf - 1}) heap.SetEntry(page, 0);
  uint64_t large = heap.AddLarge(leaf - 5, leaf + 25);
  heap.AddSmall(2 * leaf + 20, 3);
  Result result = Walk(heap);
  ASSERT_EQ(result.walkers, 1u);
  EXPECT_EQ(result.live.size(), 1 + heap.Capacity(3));
  EXPECT_TRUE(result.live.contains((leaf - 5) << 13));
  EXPECT_TRUE(result.walked.dropped.empty());
  ASSERT_EQ(result.walked.heap.size(), 1u);
  EXPECT_EQ(result.walked.heap[0].size(), (leaf + 26) << 13);
  (void)large;
}

// Four spans merged into one; their entries stay, and one of their Spans is used for another.
TEST(TcmallocWalk, StaleEntriesInsideOfASpan) {
  TcmallocHeap heap;
  heap.AddThread();
  uint64_t again = heap.AddSmall(kFirst + 20, 3);
  uint64_t stale = heap.AddLarge(kFirst + 4, 2);
  heap.SetEntry(kFirst + 3, again);
  heap.AddLarge(kFirst, 10, /*location=*/1);
  (void)stale;
  Result result = Walk(heap);
  ASSERT_EQ(result.walkers, 1u);
  EXPECT_EQ(result.live.size(), heap.Capacity(3));
  EXPECT_EQ(result.Free("page heap (normal)"), 1u);
  EXPECT_TRUE(result.walked.dropped.empty());
}

TEST(TcmallocWalk, ASampledBlockSaysWhatWasAskedFor) {
  TcmallocHeap heap;
  heap.AddThread();
  heap.AddSmall(kFirst + 20, 3);
  heap.AddSampled(kFirst, 1, 33);
  Result result = Walk(heap);
  ASSERT_EQ(result.runs.size(), 2u);
  EXPECT_TRUE(result.runs[0].requested_is_known);
  EXPECT_EQ(result.runs[0].usable, 33u);
  EXPECT_EQ(result.runs[0].stride, 8192u);
  EXPECT_EQ(result.walked.rounding_bytes, 8192u - 33);
  EXPECT_FALSE(result.runs[1].requested_is_known);
}

// PageHeapAllocator keeps it for the next thread; a static variable leads to it.
TEST(TcmallocWalk, TheCacheOfAThreadThatHasEndedIsNoTrouble) {
  TcmallocHeap heap;
  heap.AddSmall(kFirst, 3);
  uint64_t first = heap.AddThread();
  uint64_t second = heap.AddThread();
  uint64_t ended = heap.AddThread();
  uint64_t links = 32 * 128 + 48;
  heap.memory().Set(ended + links, first);  // stale
  heap.memory().Set(ended + links + 8, second);
  heap.memory().Set(second + links + 8, uint64_t{0});
  heap.memory().Set(0x600100, second);
  heap.memory().Set(0x600200, ended);
  heap.FreeToThread(first, 3, {heap.Block(kFirst, 3, 1)});
  Result result = Walk(heap);
  EXPECT_EQ(result.live.size(), heap.Capacity(3) - 1);
  EXPECT_TRUE(result.walked.dropped.empty());
}

TEST(TcmallocWalk, MetadataLiesApartFromTheHeap) {
  TcmallocHeap heap;
  uint64_t thread = heap.AddThread();
  uint64_t span = heap.AddSmall(kFirst, 3);
  Result result = Walk(heap);
  auto covered = [&](uint64_t address) {
    return std::any_of(result.walked.metadata.begin(), result.walked.metadata.end(),
                       [&](const AddressRange& range) { return range.contains(Address(address)); });
  };
  EXPECT_TRUE(covered(thread));
  EXPECT_TRUE(covered(span));
  EXPECT_FALSE(covered(heap.Block(kFirst, 3, 0)));
}

TEST(TcmallocWalk, SizeClassesAloneAreSaidToBeAllThereIs) {
  TcmallocHeap heap;
  heap.memory().Set(0x604028 + 3 * 1216, uint64_t{77});  // class 3's list says another class
  Result result = Walk(heap);
  EXPECT_EQ(result.walkers, 0u);
  ASSERT_EQ(result.not_found.size(), 1u);
  EXPECT_EQ(result.not_found[0].what, "tcmalloc in /lib/liballoc.so");
}

TEST(TcmallocWalk, NothingIsFoundInOtherModules) {
  testing::SparseMemory memory;
  memory.Map(0x600000, 0x10000);
  LoadedModule module;
  module.segments = {{{Address(0x600000), Address(0x610000)}, true, false}};
  std::vector<Dropped> dropped;
  EXPECT_TRUE(FindTcmalloc({&memory, {}, {module}}, &dropped).empty());
  EXPECT_TRUE(dropped.empty());
}

}  // namespace
}  // namespace seep
