// A small jemalloc heap, written by the layout of any version:
//
//   slab of 256 blocks of 48 bytes: 100 free in its bitmap, 20 in a thread's cache
//   slab of 2 blocks of 14 KiB, both live
//   a block of 16 KiB, 128 bytes into its extent; another one, in the thread's cache
//   dirty, muzzy and retained extents of 2, 3 and 4 pages
//   before all of these, 100 pages that have been given back
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "heap/jemalloc/format.h"
#include "heap/jemalloc/rtree.h"
#include "heap/target.h"
#include "tests/heap/word_memory.h"

namespace seep::testing {

class JemallocFixture {
 public:
  JemallocFixture(const jemalloc::Format& format, const jemalloc::RtreeShape& shape);

  static constexpr uint64_t kData = 0x5555'5555'0000;   // of the module
  static constexpr uint64_t kBase = 0x7f00'0000'0000;   // base block
  static constexpr uint64_t kHeap = 0x7f00'4010'0000;   // extents
  static constexpr uint64_t kStack = 0x7f01'0000'0000;  // a thread's, with its tcache
  static constexpr uint64_t kSlab = kHeap;
  static constexpr uint64_t kSlabEdata = kBase + 0x10000;
  static constexpr uint64_t kDescriptor = kStack + 0x100;

  uint64_t root() const { return root_; }
  uint64_t EntryOf(uint64_t page) const;  // where the leaf's entry is

  WordMemory memory;
  Target target;
  std::set<uint64_t> live;  // addresses of blocks

 private:
  void AddModule();
  void AddTree();
  void AddExtent(uint64_t begin, uint64_t pages, unsigned state, int size_class, bool slab,
                 uint64_t free_blocks, uint64_t offset);
  void AddThreadCache();
  void AddBin(uint64_t index, const std::vector<uint64_t>& blocks);

  const jemalloc::Format& format_;
  const jemalloc::RtreeShape& shape_;
  uint64_t root_ = kData + 0x2348;
  uint64_t leaf_ = 0;
  uint64_t edatas_ = 0;
};

}  // namespace seep::testing
