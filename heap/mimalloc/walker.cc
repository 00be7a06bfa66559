#include "heap/mimalloc/walker.h"

#include "absl/strings/str_cat.h"
#include "heap/mimalloc/delayed_frees.h"
#include "heap/mimalloc/page_walk.h"
#include "heap/mimalloc/segments.h"

namespace seep::mimalloc {

std::string Walker::description() const {
  return absl::StrCat("mimalloc ", format_.versions, format_.encoded ? ", encoded links" : "",
                      ", cookie at ", place_name_);
}

WalkedHeap Walker::Walk(MemoryWindow& window, RunSink sink) {
  const Memory& memory = *target_.memory;
  DelayedFrees delayed = ReadDelayedFrees(memory, target_.maps, format_, cookie_);
  PageWalk walk(memory, delayed.blocks, window, sink);
  ForEachSegment(memory, target_.maps, format_, [&](const SegmentHead& segment) {
    if (segment.cookie == cookie_) walk.TakeSegment(format_, segment);
  });
  WalkedHeap heap = walk.Finish();
  if (delayed.torn + delayed.left_out > 0) {
    heap.dropped.push_back({"lists of mimalloc's delayed frees", delayed.torn + delayed.left_out,
                            "changed during the read, damaged, or too long: their blocks count as "
                            "live"});
  }
  if (delayed.heaps == 0) {
    heap.dropped.push_back({"heaps of mimalloc's threads", 1,
                            "none found: blocks on their lists of delayed frees count as live"});
  }
  return heap;
}

}  // namespace seep::mimalloc
