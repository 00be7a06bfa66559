// A small mimalloc heap, written by the layout of any version: a segment with
//
//   a page of 48-byte blocks: 1000 of 1200 exist; of them 100 on the free list, 50 on the local
//   free list, 30 on the list of other threads' frees, 5 delayed
//   a page of 8-byte blocks, all 100 live
//   free slices
// and a segment with one huge block.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "heap/mimalloc/format.h"
#include "heap/target.h"
#include "tests/heap/word_memory.h"

namespace seep::testing {

class MimallocFixture {
 public:
  explicit MimallocFixture(const mimalloc::Format& format);

  static constexpr uint64_t kData = 0x5555'5555'0000;     // of the module
  static constexpr uint64_t kSegment = 0x7f00'0000'0000;  // and the huge one after it
  static constexpr uint64_t kHuge = kSegment + mimalloc::kSegment;
  static constexpr uint64_t kHugeSlices = 1000;
  static constexpr uint64_t kHeap = kData + 0x1000;  // the main heap

  uint64_t PageAt(uint64_t segment, uint64_t slice) const;  // its description
  uint64_t BlockAt(uint64_t index) const;                   // of the first page

  WordMemory memory;
  Target target;
  std::set<uint64_t> live;

 private:
  void AddSegment(uint64_t segment, uint64_t slices);
  void AddPage(uint64_t segment, uint64_t slice, uint64_t slices, uint64_t block_size,
               uint64_t capacity, uint64_t reserved, uint64_t used);
  // Links blocks [first, last) of the first page into a list; returns its head.
  uint64_t AddList(uint64_t first, uint64_t last, uint64_t null, const uint64_t keys[2]);
  uint64_t StartOf(uint64_t begin, uint64_t block_size) const;

  const mimalloc::Format& format_;
};

}  // namespace seep::testing
