#include "heap/jemalloc/walker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "heap/jemalloc/base_blocks.h"
#include "heap/jemalloc/extent_walk.h"
#include "heap/jemalloc/thread_caches.h"

namespace seep::jemalloc {
namespace {

void AddDropped(uint64_t count, std::string what, std::string why, WalkedHeap* heap) {
  if (count > 0) heap->dropped.push_back({std::move(what), count, std::move(why)});
}

// What of `ranges` is in none of `others`; all rising and disjoint. Only damage makes a difference.
std::vector<AddressRange> Subtract(const std::vector<AddressRange>& ranges,
                                   const std::vector<AddressRange>& others) {
  std::vector<AddressRange> left;
  auto other = others.begin();
  for (AddressRange range : ranges) {
    while (other != others.end() && other->end <= range.begin) ++other;
    for (auto cut = other; cut != others.end() && cut->begin < range.end; ++cut) {
      if (range.begin < cut->begin) left.push_back({range.begin, cut->begin});
      range.begin = std::min(range.end, cut->end);
    }
    if (range.begin < range.end) left.push_back(range);
  }
  return left;
}

}  // namespace

std::string Walker::description() const {
  return absl::StrCat("jemalloc ", tree_.format().versions, ", built for ", tree_.shape().machine,
                      ", tree at ", place_);
}

WalkedHeap Walker::Walk(MemoryWindow&, RunSink sink) {
  const Memory& memory = *target_.memory;
  std::vector<AddressRange> metadata = FindBaseBlocks(memory, target_.maps, tree_);
  CachedBlocks cached = ReadThreadCaches(memory, target_.maps, tree_.format(), data_, metadata);
  ExtentWalk walk(target_, tree_, cached.blocks, sink);
  WalkedHeap heap = walk.Run();
  heap.metadata = Subtract(metadata, heap.heap);
  AddDropped(cached.torn, "thread caches", "jemalloc: links or bins that cannot be", &heap);
  AddDropped(cached.left_out, "blocks in thread caches",
             "jemalloc: too many to keep in mind; counted as live", &heap);
  AddDropped(cached.caches == 0, "thread caches",
             "jemalloc: none found: switched off (tcache:false), or a build without statistics, "
             "whose cached blocks count as live",
             &heap);
  return heap;
}

}  // namespace seep::jemalloc
