// One pass over the extents.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/jemalloc/rtree.h"
#include "heap/jemalloc/sample_stacks.h"
#include "heap/target.h"

namespace seep::jemalloc {

class ExtentWalk {
 public:
  // `cached`: blocks that are free though their slabs do not say so; rising. All must outlive this.
  ExtentWalk(const Target& target, const Rtree& tree, std::span<const Address> cached,
             RunSink sink);

  // All but `metadata`.
  WalkedHeap Run();

 private:
  // Edatas are read by the thousand: two reads for a MiB of small blocks.
  static constexpr size_t kBatch = 1024;
  using Edata = std::array<uint8_t, kEdataBytes>;

  enum Free { kSlabs, kThreadCaches, kDirty, kMuzzy, kRetained, kTransition, kFreeKinds };

  void Add(const Rtree::Place& place);
  void TakeBatch();
  bool IsCovered(const Rtree::Place& place);
  void Take(const Rtree::Place& place, Edata edata);
  void TakeExtent(const Extent& extent, const Edata& edata);
  void TakeSlab(const Extent& extent, const Edata& edata);
  void TakeLarge(const Extent& extent, const Edata& edata);
  void Emit(const BlockRun& run, uint64_t live);
  void CountFree(Free kind, uint64_t blocks, uint64_t bytes);
  // Clears the bits of cached blocks in [begin, begin + stride × count); returns how many.
  uint64_t ClearCached(Address begin, uint64_t stride, uint64_t count, std::span<uint64_t> live);

  const Memory& memory_;
  const std::vector<Mapping>& maps_;
  const Rtree& tree_;
  std::span<const Address> cached_;  // those not yet passed
  RunSink sink_;
  SampleStacks samples_;
  WalkedHeap heap_;

  std::vector<Rtree::Place> places_;
  std::vector<Edata> edatas_;
  Address passed_;             // extents below have been taken
  Address latest_;             // edata of the extent taken last
  uint64_t torn_extents_ = 0;  // in the tree, but not what their entries say
  uint64_t samples_unknown_ = 0;
  uint64_t torn_cached_ = 0;  // cached blocks that are no blocks in use
};

}  // namespace seep::jemalloc
