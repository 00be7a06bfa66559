// Damaged heaps: every walk ends soon, and says what was wrong.
#include <gtest/gtest.h>

#include <random>

#include "heap/tcmalloc/find.h"
#include "tests/heap/fuzz_rounds.h"
#include "tests/heap/tcmalloc_heap.h"

namespace seep {
namespace {

using testing::TcmallocHeap;

constexpr uint64_t kFirst = 0x40000;  // page

class TcmallocHostile : public ::testing::Test {
 protected:
  TcmallocHostile() : span_(heap_.AddSmall(kFirst, 3)), thread_(heap_.AddThread()) {}

  uint64_t Block(uint64_t i) const { return heap_.Block(kFirst, 3, i); }

  void Walk() {
    Target target = heap_.target();
    auto walkers = FindTcmalloc(target, &dropped_);
    if (walkers.empty()) return;
    MemoryWindow window(*target.memory);
    Address last;
    uint64_t live = 0;
    walked_ = walkers[0]->Walk(window, [&](const BlockRun& run) {
      EXPECT_LE(last, run.start);
      EXPECT_LE(run.usable, run.stride);
      EXPECT_GT(run.count, 0u);
      EXPECT_TRUE(run.live.empty() || run.live.size() == (run.count + 63) / 64);
      live += run.live.empty() ? run.count : 0;
      for (uint64_t word : run.live) live += static_cast<uint64_t>(std::popcount(word));
      last = run.start + run.count * run.stride;
    });
    EXPECT_EQ(walked_.live_blocks, live);
    dropped_.insert(dropped_.end(), walked_.dropped.begin(), walked_.dropped.end());
  }

  uint64_t Lost(const std::string& what) const {
    uint64_t count = 0;
    for (const Dropped& dropped : dropped_) count += dropped.what == what ? dropped.count : 0;
    return count;
  }

  TcmallocHeap heap_;
  uint64_t span_;
  uint64_t thread_;
  WalkedHeap walked_;
  std::vector<Dropped> dropped_;
};

TEST_F(TcmallocHostile, ACircleInASpansList) {
  heap_.FreeToSpan(span_, {Block(1), Block(2), Block(3)});
  heap_.memory().Set(Block(3), Block(1));
  Walk();
  EXPECT_EQ(Lost("span free lists"), 1u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3) - 3);
}

TEST_F(TcmallocHostile, AListThatLeavesItsSpan) {
  heap_.FreeToSpan(span_, {Block(1), Block(2), Block(3)});
  heap_.memory().Set(Block(2), Block(2) + 8);
  Walk();
  EXPECT_EQ(Lost("span free lists"), 1u);
  EXPECT_EQ(walked_.discrepancy, 1u);
}

TEST_F(TcmallocHostile, AReferenceCountThatIsWrong) {
  heap_.SetBits(span_, 100, 3, 0);
  Walk();
  EXPECT_EQ(Lost("span free lists"), 1u);
  EXPECT_EQ(walked_.discrepancy, heap_.Capacity(3) - 100);
}

TEST_F(TcmallocHostile, ABlockInTwoPlaces) {
  heap_.FreeToSpan(span_, {Block(1)});
  heap_.FreeToThread(thread_, 3, {Block(1)});
  Walk();
  EXPECT_EQ(walked_.discrepancy, 1u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3) - 1);
}

TEST_F(TcmallocHostile, ACircleInAThreadsList) {
  heap_.FreeToThread(thread_, 3, {Block(1), Block(2), Block(3)});
  heap_.memory().Set(Block(3), Block(1));
  Walk();
  EXPECT_EQ(Lost("lists of cached blocks"), 1u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3) - 3);
}

TEST_F(TcmallocHostile, AThreadsListOfBillions) {
  heap_.FreeToThread(thread_, 3, {Block(1), Block(2)});
  heap_.memory().Set(Block(2), Block(1));
  heap_.memory().Set(thread_ + 3 * 32 + 8, ~uint32_t{0});
  Walk();
  EXPECT_EQ(Lost("lists of cached blocks"), 1u);
  EXPECT_GT(Lost("cached blocks"), 10'000u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3) - 2);
}

TEST_F(TcmallocHostile, BlocksOfAnotherClassOrOfNone) {
  heap_.FreeToThread(thread_, 2, {Block(1), Block(2) + 16, 0x123456789a8});
  Walk();
  EXPECT_EQ(Lost("cached blocks"), 3u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3));
}

TEST_F(TcmallocHostile, ASpanLongerThanThePageMapKnows) {
  heap_.memory().Set(heap_.AddLarge(kFirst + 50, 4) + 8, uint64_t{1} << 30);
  Walk();
  EXPECT_GE(Lost("page map entries"), 1u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3));
}

TEST_F(TcmallocHostile, ASpanOfTheWrongLength) {
  uint64_t forged = heap_.NewSpan(kFirst + 50, 4);
  heap_.SetBits(forged, 10, 3, 0);
  heap_.SetBits(heap_.NewSpan(kFirst + 60, 1), 10, 200, 0);
  Walk();
  EXPECT_EQ(Lost("spans"), 2u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3));
}

TEST_F(TcmallocHostile, LeavesInNoMemory) {
  for (uint64_t i = 0; i < 1000; ++i)
    heap_.memory().Set(0x640008 + 8 * (5000 + i), 0x700000000000 + i * 4096);
  Walk();
  EXPECT_EQ(Lost("leaves of the page map"), 1000u);
  EXPECT_EQ(walked_.live_blocks, heap_.Capacity(3));
}

TEST_F(TcmallocHostile, SpansThatThePageMapHasLost) {
  heap_.AddSmall(kFirst + 1, 3);
  heap_.AddSmall(kFirst + 2, 3);
  heap_.SetEntry(kFirst + 1, 0);
  Walk();
  EXPECT_EQ(Lost("spans"), 1u);
}

// Words of a heap replaced at random.
TEST_F(TcmallocHostile, RandomDamage) {
  std::mt19937_64 random(7);
  auto pick = [&](uint64_t n) { return random() % n; };
  uint64_t rounds = testing::FuzzRounds(1200), found = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    TcmallocHeap heap({.slots = 64, .levels = 3});
    uint64_t span = heap.AddSmall(kFirst, 3);
    uint64_t thread = heap.AddThread();
    heap.AddThread();
    heap.AddSmall(kFirst + 1, 1);
    heap.AddLarge(kFirst + 2, 30);
    heap.AddSampled(kFirst + 40, 1, 77);
    heap.FreeToSpan(span, {Block(3), Block(1)});
    heap.FreeToThread(thread, 3, {Block(4), Block(5)});
    heap.FreeToTransfer(3, {Block(6), Block(7), Block(8), Block(9)});
    std::vector<uint64_t> pages = heap.memory().Pages();
    std::vector<uint64_t> words;  // that are not zero
    for (uint64_t page : pages) {
      for (uint64_t at = page; at < page + 4096; at += 8) {
        if (ReadWord(heap.memory(), Address(at)).value() != 0) words.push_back(at);
      }
    }
    for (uint64_t i = 0; i < 1 + pick(4); ++i) {
      uint64_t at = words[pick(words.size())];
      uint64_t other = ReadWord(heap.memory(), Address(words[pick(words.size())])).value();
      uint64_t values[] = {random(), other, at, ~uint64_t{0}, other ^ uint64_t{1} << pick(64)};
      heap.memory().Set(at, values[pick(5)]);
    }
    std::swap(heap, heap_);
    dropped_.clear();
    walked_ = {};
    Walk();
    std::swap(heap, heap_);
    found += walked_.live_blocks > 0;
  }
  EXPECT_GT(found, rounds / 10);
  std::printf("  %lu damaged heaps, %lu of them walked\n", rounds, found);
}

}  // namespace
}  // namespace seep
