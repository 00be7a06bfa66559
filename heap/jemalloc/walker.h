// Walks jemalloc's heap: extent by extent in the order of addresses, as the radix tree has them.
//
// A slab's bitmap says which of its blocks are free; of the others, some lie in a thread's cache.
// The walker keeps only those (8 bytes each), and nothing of an extent once it is past it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/jemalloc/rtree.h"
#include "heap/target.h"

namespace seep::jemalloc {

class Walker final : public AllocatorWalker {
 public:
  // `target` must outlive this. `data`: the writable data of the module.
  Walker(const Target& target, const Rtree& tree, std::vector<AddressRange> data, std::string place)
      : target_(target), tree_(tree), data_(std::move(data)), place_(std::move(place)) {}

  std::string kind() const override { return "jemalloc"; }
  std::string description() const override;
  Address anchor() const override { return tree_.root(); }

  // Reads nothing through `window`: jemalloc keeps no links in the blocks themselves.
  WalkedHeap Walk(MemoryWindow& window, RunSink sink) override;

 private:
  const Target& target_;
  Rtree tree_;
  std::vector<AddressRange> data_;
  std::string place_;  // of the root: "libjemalloc.so.2+0xd5b18"
};

}  // namespace seep::jemalloc
