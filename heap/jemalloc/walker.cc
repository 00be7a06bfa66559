#include "heap/jemalloc/walker.h"

#include "absl/strings/str_cat.h"
#include "heap/address_ranges.h"
#include "heap/jemalloc/base_blocks.h"
#include "heap/jemalloc/extent_walk.h"
#include "heap/jemalloc/thread_caches.h"

namespace seep::jemalloc {
namespace {

void AddDropped(uint64_t count, std::string what, std::string why, WalkedHeap* heap) {
  if (count > 0) heap->dropped.push_back({std::move(what), count, std::move(why)});
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
  // Only damage makes them overlap.
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
