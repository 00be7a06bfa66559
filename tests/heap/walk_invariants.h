// What every walk keeps, however damaged the heap is.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "heap/allocator_walker.h"

namespace seep::testing {

inline void ExpectRising(const std::vector<AddressRange>& ranges) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_LT(ranges[i].begin, ranges[i].end);
    if (i > 0) {
      EXPECT_LE(ranges[i - 1].end, ranges[i].begin);
    }
  }
}

// Walks, and checks that runs rise and do not overlap, that blocks are no smaller than they are
// usable, and that the totals are those of the runs.
inline WalkedHeap WalkAndCheck(AllocatorWalker& walker, const Memory& memory) {
  MemoryWindow window(memory);
  uint64_t blocks = 0, bytes = 0, rounding = 0;
  Address end;
  WalkedHeap heap = walker.Walk(window, [&](const BlockRun& run) {
    EXPECT_GE(run.start, end);
    EXPECT_LE(run.usable, run.stride);
    ASSERT_TRUE(run.live.empty() || run.live.size() == (run.count + 63) / 64);
    end = run.start + run.stride * run.count;
    uint64_t live = run.live.empty() ? run.count : 0;
    for (uint64_t word : run.live) live += static_cast<uint64_t>(std::popcount(word));
    EXPECT_GT(live, 0u);
    EXPECT_LE(live, run.count);
    blocks += live;
    bytes += live * run.usable;
    rounding += live * (run.stride - run.usable);
  });
  EXPECT_EQ(heap.live_blocks, blocks);
  EXPECT_EQ(heap.live_bytes, bytes);
  EXPECT_EQ(heap.rounding_bytes, rounding);
  ExpectRising(heap.heap);
  ExpectRising(heap.metadata);
  return heap;
}

// The same for walks that need not go by address: that no two blocks overlap.
inline WalkedHeap WalkAndCheckApart(AllocatorWalker& walker, const Memory& memory) {
  MemoryWindow window(memory);
  std::vector<AddressRange> blocks;
  uint64_t bytes = 0;
  WalkedHeap heap = walker.Walk(window, [&](const BlockRun& run) {
    EXPECT_LE(run.usable, run.stride);
    ASSERT_TRUE(run.live.empty() || run.live.size() == (run.count + 63) / 64);
    uint64_t live = run.ForEachLive([&](Address at) { blocks.push_back({at, at + run.usable}); });
    EXPECT_GT(live, 0u);
    bytes += live * run.usable;
  });
  EXPECT_EQ(heap.live_blocks, blocks.size());
  EXPECT_EQ(heap.live_bytes, bytes);
  std::sort(blocks.begin(), blocks.end());
  for (size_t i = 1; i < blocks.size(); ++i) EXPECT_LE(blocks[i - 1].end, blocks[i].begin);
  ExpectRising(heap.heap);
  ExpectRising(heap.metadata);
  return heap;
}

}  // namespace seep::testing
