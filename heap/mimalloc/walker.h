// Walks mimalloc's heap: segment by segment, page by page, in the order of addresses. Nothing of a
// page is kept once the walk is past it.
#pragma once

#include <string>
#include <utility>

#include "heap/allocator_walker.h"
#include "heap/mimalloc/format.h"
#include "heap/target.h"

namespace seep::mimalloc {

class Walker final : public AllocatorWalker {
 public:
  // `target` must outlive this. `cookie` and its `place`: of the main heap.
  Walker(const Target& target, const Format& format, uint64_t cookie, Address place,
         std::string place_name)
      : target_(target),
        format_(format),
        cookie_(cookie),
        place_(place),
        place_name_(std::move(place_name)) {}

  std::string kind() const override { return "mimalloc"; }
  std::string description() const override;
  Address anchor() const override { return place_; }
  WalkedHeap Walk(MemoryWindow& window, RunSink sink) override;

 private:
  const Target& target_;
  const Format& format_;
  uint64_t cookie_;
  Address place_;
  std::string place_name_;
};

}  // namespace seep::mimalloc
