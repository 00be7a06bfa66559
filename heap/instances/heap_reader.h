// All heaps of a target, walked as often as a question needs it. What looking at single objects
// shares: the oracle, the names, and two windows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "heap/allocator_walker.h"
#include "heap/census/block_head.h"
#include "heap/instances/class_names.h"
#include "heap/memory_window.h"
#include "heap/target.h"
#include "snapshot/instances.h"

namespace seep {

class HeapReader {
 public:
  // `target` must outlive this. Cost: finding the allocators.
  HeapReader(const Target& target, DebugFileLocator::Options files);

  // `allocator` is an index into allocators().
  using RunVisit = absl::FunctionRef<void(const BlockRun& run, size_t allocator)>;
  void Walk(RunVisit visit);

  // During a walk, of its blocks: walker and reader share a window. An object that make_shared made
  // is found in its control block, as itself.
  BlockHead HeadOf(Address block, uint64_t usable) {
    return Opened(walking_.Examine(block, usable));
  }

  // Of a block anywhere. Cost: a read of 4 KiB.
  BlockHead HeadAt(Address block, uint64_t usable) {
    return Opened(jumping_.Examine(block, usable));
  }

  const Target& target() const { return target_; }
  VtableOracle& oracle() { return oracle_; }
  ClassNames& names() { return names_; }

  // Of the last walk.
  struct Allocator {
    std::unique_ptr<AllocatorWalker> walker;
    WalkedHeap heap;
  };
  const std::vector<Allocator>& allocators() const { return allocators_; }

  // Modules, classes and what was dropped, so far; the process is not known here.
  LookedAt Describe();

 private:
  static constexpr size_t kJump = 4096;

  BlockHead Opened(BlockHead head) const;

  const Target& target_;
  VtableOracle oracle_;
  ClassNames names_;
  MemoryWindow walk_window_;
  MemoryWindow jump_window_;
  HeadExaminer walking_;
  HeadExaminer jumping_;
  std::vector<Allocator> allocators_;
  std::vector<Dropped> not_found_;
};

}  // namespace seep
