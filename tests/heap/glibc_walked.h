// Walks a hand-made glibc heap, and checks what every walk keeps, however damaged the heap is.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "heap/glibc/find.h"
#include "tests/heap/glibc_heap.h"
#include "tests/heap/walk_invariants.h"

namespace seep::testing {

struct GlibcWalked {
  size_t walkers = 0;
  std::map<uint64_t, uint64_t> live;  // chunk → usable bytes
  WalkedHeap heap;
  std::vector<Dropped> dropped;

  uint64_t Free(const std::string& where) const {
    for (const FreeBlocks& free : heap.free) {
      if (free.where == where) return free.blocks;
    }
    ADD_FAILURE() << where;
    return 0;
  }
  uint64_t Lost(const std::string& what) const {
    uint64_t count = 0;
    for (const Dropped& d : dropped) count += d.what == what ? d.count : 0;
    return count;
  }
};

inline GlibcWalked WalkGlibc(const GlibcHeap& heap) {
  GlibcWalked walked;
  Target target = heap.target();
  auto walkers = FindGlibcMalloc(target, &walked.dropped);
  walked.walkers = walkers.size();
  if (walkers.size() != 1) return walked;
  MemoryWindow window(*target.memory);
  walked.heap = walkers[0]->Walk(window, [&](const BlockRun& run) {
    EXPECT_LE(run.usable, run.stride);
    EXPECT_GT(run.count, 0u);
    for (uint64_t i = 0; i < run.count; ++i) {
      uint64_t chunk = (run.start + i * run.stride).value() - 16;
      EXPECT_TRUE(walked.live.emplace(chunk, run.usable).second);
    }
  });
  EXPECT_EQ(walked.heap.live_blocks, walked.live.size());
  uint64_t end = 0;
  for (const auto& [chunk, usable] : walked.live) {
    EXPECT_GE(chunk + 8, end);
    end = chunk + 16 + usable;
  }
  ExpectRising(walked.heap.heap);
  ExpectRising(walked.heap.metadata);
  walked.dropped.insert(walked.dropped.end(), walked.heap.dropped.begin(),
                        walked.heap.dropped.end());
  return walked;
}

}  // namespace seep::testing
