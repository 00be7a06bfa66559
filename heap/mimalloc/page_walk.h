// The blocks of pages, one page after the other: those that are on none of its lists are live.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/mimalloc/segments.h"

namespace seep::mimalloc {

class PageWalk {
 public:
  // `delayed`: blocks on no page's list that are free; rising. All must outlive this.
  PageWalk(const Memory& memory, std::span<const Address> delayed, MemoryWindow& window,
           RunSink sink);

  // Segments must come rising.
  void TakeSegment(const Format& format, const SegmentHead& segment);

  // All of WalkedHeap; once.
  WalkedHeap Finish();

 private:
  enum Free { kLists, kOtherThreads, kDelayed, kUntouched, kSpans, kFreeKinds };

  // What the lists of a page say. The bits in `free_` are of blocks on one of them.
  struct Lists {
    uint64_t own = 0;            // of its own thread: free and local free
    uint64_t other_threads = 0;  // still counted as used
    bool torn = false;
  };

  void TakePage(const PageTable& table, Page page);
  Lists ReadLists(const Page& page);
  uint64_t Follow(const Page& page, Address block, bool* torn);
  std::optional<uint64_t> ReadLink(const Page& page, Address block);
  uint64_t TakeDelayed(const Page& page);
  void CountFree(Free kind, uint64_t blocks, uint64_t bytes);

  const Memory& memory_;
  std::span<const Address> delayed_;  // those not yet passed
  MemoryWindow& window_;
  RunSink sink_;
  WalkedHeap heap_;
  std::vector<uint64_t> free_;
  uint64_t torn_pages_ = 0;
  uint64_t torn_lists_ = 0;
  uint64_t torn_delayed_ = 0;
  uint64_t torn_segments_ = 0;
};

}  // namespace seep::mimalloc
