// Damaged heaps: every walk ends soon, and says what was wrong.
#include <gtest/gtest.h>

#include "tests/heap/fuzz_rounds.h"
#include "tests/heap/glibc_walked.h"

namespace seep {
namespace {

using testing::GlibcHeap;
using testing::GlibcWalked;

class GlibcHostile : public ::testing::Test {
 protected:
  GlibcHostile() {
    for (uint64_t& chunk : chunks_) chunk = heap_.Add(0x50);
    heap_.FreeToThread(heap_.Add(0x400));  // by which the thread's cache is known
  }

  GlibcWalked Walk() const { return testing::WalkGlibc(heap_); }
  void Set(uint64_t address, uint64_t word) { heap_.memory().Set(address, word); }
  static uint64_t Protected(uint64_t place, uint64_t to) { return place >> 12 ^ to; }

  GlibcHeap heap_;
  uint64_t chunks_[10];
};

constexpr char kLists[] = "lists of freed blocks";
constexpr char kCached[] = "freed blocks in caches";

TEST_F(GlibcHostile, ACircleInAThreadsCache) {
  for (int i : {0, 1, 2}) heap_.FreeToThread(chunks_[i]);
  Set(chunks_[0] + 16, Protected(chunks_[0] + 16, chunks_[2] + 16));
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost(kLists), 1u);
  EXPECT_EQ(walked.live.size(), 7u);
}

TEST_F(GlibcHostile, ACircleInAFastBin) {
  for (int i : {0, 1, 2, 3}) heap_.FreeToFastBin(chunks_[i]);
  Set(chunks_[0] + 16, Protected(chunks_[0] + 16, chunks_[3]));
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost(kLists), 1u);
  EXPECT_EQ(walked.live.size(), 6u);
}

TEST_F(GlibcHostile, ACircleInABin) {
  uint64_t free = heap_.Add(0x500);
  heap_.Add(0x30);
  heap_.FreeToBin(free);
  Set(free + 16, free);
  GlibcWalked walked = Walk();
  EXPECT_GT(walked.heap.discrepancy, 1000u);  // stopped counting
  EXPECT_EQ(walked.live.size(), 11u);
}

TEST_F(GlibcHostile, WildPointersInLists) {
  heap_.FreeToThread(chunks_[0]);
  heap_.FreeToFastBin(chunks_[1]);
  Set(chunks_[1] + 16, 0x123456789ab0);
  Set(heap_.FastBin(0x60), 0xdeadbeef0000);
  Set(heap_.FastBin(0x70), ~uint64_t{0});
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost(kLists), 3u);
  EXPECT_EQ(walked.live.size(), 8u);
}

TEST_F(GlibcHostile, AForgedNumberInAThreadsCache) {
  heap_.FreeToThread(chunks_[0]);
  heap_.memory().SetField(heap_.CacheNumber(0x50), uint16_t{6});
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost(kLists), 1u);
  EXPECT_EQ(walked.live.size(), 9u);
}

TEST_F(GlibcHostile, ABlockOnTwoLists) {
  heap_.FreeToFastBin(chunks_[0]);
  Set(heap_.CacheEntry(0x50), chunks_[0] + 16);
  heap_.memory().SetField(heap_.CacheNumber(0x50), uint16_t{1});
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost(kCached), 1u);
  EXPECT_EQ(walked.heap.discrepancy, 1u);
  EXPECT_EQ(walked.live.size(), 9u);
}

TEST_F(GlibcHostile, ForgedSizes) {
  for (uint64_t size : {uint64_t{0}, uint64_t{0x48}, uint64_t{1} << 40, ~uint64_t{0} - 15}) {
    Set(chunks_[4] + 8, size | 1);
    GlibcWalked walked = Walk();
    EXPECT_EQ(walked.Lost("chunk headers"), 1u) << size;
    // It and the one before, as no one knows which of the two headers is wrong. Size 0 is what
    // may follow a block: a fencepost.
    EXPECT_EQ(walked.Lost("bytes of heaps"), size == 0 ? 0x50u : 0xa0u) << size;
    EXPECT_EQ(walked.live.size(), size == 0 ? 9u : 8u) << size;
  }
}

TEST_F(GlibcHostile, AForgedSumOfAnArena) {
  for (uint64_t sum : {uint64_t{0}, uint64_t{1} << 60}) {
    Set(heap_.SystemMem(), sum);
    Set(heap_.SystemMem() + 8, sum);
    GlibcWalked walked = Walk();
    EXPECT_EQ(walked.walkers, 1u);
    EXPECT_EQ(walked.live.size(), 10u);
    EXPECT_GT(walked.Lost("bytes of an arena"), 0u);
  }
}

TEST_F(GlibcHostile, ATopThatLiesNowhere) {
  heap_.MakeOther();
  uint64_t other = heap_.AddToOther(0x60);
  Set(GlibcHeap::kOther + 0x30 + glibc::kArenaLayouts[0].top(), 0x5555555550);
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost("heaps of an arena"), 1u);
  EXPECT_FALSE(walked.live.contains(other));
  EXPECT_EQ(walked.live.size(), 10u);
}

TEST_F(GlibcHostile, HeapsInACircle) {
  heap_.MakeOther();
  uint64_t other = heap_.AddToOther(0x60);
  heap_.MoveOtherOn();
  uint64_t further = heap_.AddToOther(0x60);
  uint64_t heap = GlibcHeap::kOther + (uint64_t{64} << 20);
  Set(heap + 8, heap);
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost("heaps of an arena"), 1u);
  EXPECT_TRUE(walked.live.contains(further));
  EXPECT_FALSE(walked.live.contains(other));
}

TEST_F(GlibcHostile, AHeapThatReachesIntoAnother) {
  heap_.MakeOther();
  heap_.AddToOther(0x60);
  heap_.MoveOtherOn();
  heap_.AddToOther(0x60);
  Set(GlibcHeap::kOther + 16, uint64_t{1} << 32);
  Set(GlibcHeap::kOther + 24, uint64_t{1} << 32);
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.live.size(), 13u);
  EXPECT_GT(walked.Lost("bytes of an arena"), 0u);
}

TEST_F(GlibcHostile, ArenasWhoseRingDoesNotClose) {
  heap_.MakeOther();
  heap_.AddToOther(0x60);
  uint64_t other = GlibcHeap::kOther + 0x30;
  Set(other + glibc::kArenaLayouts[0].next(), other);
  EXPECT_EQ(Walk().walkers, 0u);
}

TEST_F(GlibcHostile, BlocksWithMappingsOfForgedSizes) {
  uint64_t mapped = heap_.AddMapped(200'000);
  for (uint64_t size : {uint64_t{0x30}, uint64_t{1} << 50, uint64_t{0x800000}}) {
    Set(mapped + 8, size | 2);
    GlibcWalked walked = Walk();
    EXPECT_EQ(walked.Lost("blocks with a mapping of their own"), 1u);
    EXPECT_EQ(walked.live.size(), 10u);
  }
}

// Two hundred caches, each with one and the same list of 6000 blocks.
TEST_F(GlibcHostile, CachesThatShareALongList) {
  constexpr uint64_t kCaches = 200, kBlocks = 6000;
  uint64_t head = 0;
  for (uint64_t i = 0; i < kBlocks; ++i) {
    uint64_t chunk = heap_.Add(0x20);
    Set(chunk + 16, Protected(chunk + 16, head));
    head = chunk + 16;
  }
  for (uint64_t i = 0; i < kCaches; ++i) {
    uint64_t cache = heap_.Add(0x290);
    heap_.memory().SetField(cache + 16, static_cast<uint16_t>(kBlocks));
    Set(cache + 16 + 128, head);
  }
  Set(GlibcHeap::kData + 0x2000 + 24, 65535);  // mp_.tcache_count
  Set(GlibcHeap::kMain + glibc::kArenaLayouts[0].attached_threads(), ~uint64_t{0});
  GlibcWalked walked = Walk();
  EXPECT_EQ(walked.Lost("walks"), 1u);
  EXPECT_GT(walked.Lost(kCached), 0u);
}

// Words of a heap replaced at random.
TEST(GlibcDamaged, AnyDamageIsSurvived) {
  std::mt19937_64 random(7);
  uint64_t rounds = testing::FuzzRounds(3000), found = 0, complained = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    GlibcHeap heap(glibc::kArenaLayouts[round % 2], glibc::kThreadCacheLayouts[round % 3],
                   round % 4 != 0);
    heap.MakeOther();
    uint64_t binned = heap.Add(0x500);
    for (int i = 0; i < 5; ++i) heap.FreeToThread(heap.Add(0x50));
    for (int i = 0; i < 5; ++i) heap.AddToOther(0x60);
    heap.MoveOtherOn();
    for (int i = 0; i < 5; ++i) heap.FreeToThread(heap.AddToOther(0x70));
    heap.FreeToBin(binned);
    heap.AddMapped(200'000);
    testing::Damage(heap.memory(), heap.memory().SetWords(), random);
    GlibcWalked walked = testing::WalkGlibc(heap);
    found += !walked.live.empty();
    complained += walked.walkers > 0 && (!walked.dropped.empty() || walked.heap.discrepancy > 0);
  }
  std::printf("  %lu damaged heaps, %lu walked, %lu said so\n", rounds, found, complained);
  EXPECT_GT(found, rounds / 3);
  EXPECT_GT(complained, found / 20);
}

}  // namespace
}  // namespace seep
