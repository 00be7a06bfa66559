#include "heap/jemalloc/extent_walk.h"

#include <algorithm>
#include <bit>

#include "heap/address_ranges.h"
#include "heap/jemalloc/size_classes.h"
#include "heap/writable_memory.h"

namespace seep::jemalloc {
namespace {

constexpr size_t kBitmapWords = kMaxBlocksOfSlab / 64;

using Bitmap = std::array<uint64_t, kBitmapWords>;

Bitmap FreeBits(std::span<const uint8_t> edata, uint64_t blocks) {
  Bitmap bits{};
  for (uint64_t i = 0; i < blocks; i += 64) {
    uint64_t word = WordAt(edata, kBitmapAt + i / 8);
    uint64_t valid = blocks - i >= 64 ? ~uint64_t{0} : (uint64_t{1} << (blocks - i)) - 1;
    bits[i / 64] = word & valid;
  }
  return bits;
}

uint64_t CountBits(const Bitmap& bits) {
  uint64_t count = 0;
  for (uint64_t word : bits) count += static_cast<uint64_t>(std::popcount(word));
  return count;
}

uint64_t BlocksOf(const Extent& slab) { return slab.pages.size() / kSizeOfClass[slab.size_class]; }

// The extent at `page`, if it and the tree's entry say the same of it and it can be.
std::optional<Extent> Match(const Format& format, const LeafEntry& entry, Address page,
                            std::span<const uint8_t> edata) {
  std::optional<Extent> extent = DecodeExtent(format, edata);
  if (!extent.has_value() || extent->pages.begin != page) return std::nullopt;
  if (extent->state != static_cast<uint8_t>(ExtentState::kActive)) return extent;
  if (extent->slab != entry.slab || extent->size_class != entry.size_class) return std::nullopt;
  if (!extent->slab) return extent;
  bool can_be = extent->size_class < kSmallClasses && BlocksOf(*extent) > 0 &&
                BlocksOf(*extent) <= kMaxBlocksOfSlab;
  return can_be ? extent : std::nullopt;
}

// Between the free blocks in a slab's bitmap and those that it counts.
uint64_t Discrepancy(const Extent& extent, std::span<const uint8_t> edata) {
  if (extent.state != static_cast<uint8_t>(ExtentState::kActive) || !extent.slab) return 0;
  uint64_t free = CountBits(FreeBits(edata, BlocksOf(extent)));
  return std::max<uint64_t>(free, extent.free_blocks) -
         std::min<uint64_t>(free, extent.free_blocks);
}

}  // namespace

ExtentWalk::ExtentWalk(const Target& target, const Rtree& tree, std::span<const Address> cached,
                       RunSink sink)
    : memory_(*target.memory),
      maps_(target.maps),
      tree_(tree),
      cached_(cached),
      sink_(sink),
      samples_(memory_),
      edatas_(kBatch) {
  heap_.free = {{.where = "slabs"},
                {.where = "thread caches"},
                {.where = "dirty extents"},
                {.where = "muzzy extents"},
                {.where = "retained extents"},
                {.where = "extents in transition"}};
}

WalkedHeap ExtentWalk::Run() {
  uint64_t damaged = tree_.ForEachPlace([this](const Rtree::Place& place) { Add(place); });
  TakeBatch();
  torn_cached_ += cached_.size();
  auto drop = [this](uint64_t count, const char* what, const char* why) {
    if (count > 0) heap_.dropped.push_back({what, count, why});
  };
  drop(damaged, "parts of jemalloc's tree", "damaged, or changed during the read");
  drop(torn_extents_, "extents of jemalloc", "changed during the read, or damaged");
  drop(torn_cached_, "blocks in jemalloc's thread caches",
       "changed during the read, or damaged: no blocks in use");
  drop(samples_unknown_, "sampled blocks", "call stack not found");
  return std::move(heap_);
}

void ExtentWalk::Add(const Rtree::Place& place) {
  if (!places_.empty() && places_.back().entry.edata == place.entry.edata) return;
  if (places_.size() == kBatch) TakeBatch();
  if (IsCovered(place)) return;
  places_.push_back(place);
}

void ExtentWalk::TakeBatch() {
  std::vector<MemoryPiece> pieces;
  for (size_t i = 0; i < places_.size(); ++i) {
    pieces.push_back({places_[i].entry.edata, edatas_[i]});
  }
  memory_.ReadMany(pieces);
  for (size_t i = 0; i < places_.size(); ++i) {
    if (pieces[i].read < kEdataBytes) edatas_[i] = {};
    Take(places_[i], edatas_[i]);
  }
  places_.clear();
}

// By the extent that has been taken last: the inner pages of a slab, and the last page of anything.
// Another extent's page there is damage.
bool ExtentWalk::IsCovered(const Rtree::Place& place) {
  if (place.page >= passed_) return false;
  torn_extents_ += place.entry.edata != latest_;
  return true;
}

void ExtentWalk::Take(const Rtree::Place& place, Edata edata) {
  if (IsCovered(place)) return;
  latest_ = place.entry.edata;
  std::optional<Extent> extent = Match(tree_.format(), place.entry, place.page, edata);
  if (!extent.has_value() || Discrepancy(*extent, edata) > 0) {
    LeafEntry latest = tree_.ReadAgain(place);
    if (latest.edata.is_null()) return;  // given back meanwhile
    latest_ = latest.edata;
    if (memory_.Read(latest.edata, edata) < kEdataBytes) edata = {};
    extent = Match(tree_.format(), latest, place.page, edata);
  }
  // An extent of wrong size would hide those after it.
  if (!extent.has_value() || !IsMapped(maps_, extent->pages)) {
    ++torn_extents_;
    return;
  }
  passed_ = extent->pages.end;
  AppendRange(&heap_.heap, extent->pages);
  TakeExtent(*extent, edata);
}

void ExtentWalk::TakeExtent(const Extent& extent, const Edata& edata) {
  switch (extent.state) {
    case static_cast<uint8_t>(ExtentState::kActive):
      if (extent.slab) return TakeSlab(extent, edata);
      // In use, but by no block: between two states, or in a cache of extents.
      if (extent.size_class >= kSizeClasses) return CountFree(kTransition, 1, extent.pages.size());
      return TakeLarge(extent, edata);
    case static_cast<uint8_t>(ExtentState::kDirty):
      return CountFree(kDirty, 1, extent.pages.size());
    case static_cast<uint8_t>(ExtentState::kMuzzy):
      return CountFree(kMuzzy, 1, extent.pages.size());
    case static_cast<uint8_t>(ExtentState::kRetained):
      return CountFree(kRetained, 1, extent.pages.size());
    default:
      return CountFree(kTransition, 1, extent.pages.size());
  }
}

void ExtentWalk::TakeSlab(const Extent& extent, const Edata& edata) {
  const uint64_t stride = kSizeOfClass[extent.size_class];
  const uint64_t count = BlocksOf(extent);
  Bitmap live = FreeBits(edata, count);
  uint64_t free = CountBits(live);
  heap_.discrepancy += Discrepancy(extent, edata);
  for (uint64_t& word : live) word = ~word;
  if (count % 64 != 0) live[count / 64] &= (uint64_t{1} << count % 64) - 1;
  std::span<uint64_t> words = std::span(live).first((count + 63) / 64);

  uint64_t cached = ClearCached(extent.pages.begin, stride, count, words);
  CountFree(kSlabs, free, free * stride);
  CountFree(kThreadCaches, cached, cached * stride);
  Emit({.start = extent.pages.begin,
        .stride = stride,
        .usable = stride,
        .count = count,
        .live = words},
       count - free - cached);
}

void ExtentWalk::TakeLarge(const Extent& extent, const Edata& edata) {
  uint64_t bytes = extent.pages.end - extent.block;
  uint64_t live = 1;
  if (ClearCached(extent.block, bytes, 1, std::span(&live, 1)) > 0) {
    return CountFree(kThreadCaches, 1, bytes);
  }
  // Until 5.3.0 the class's size; 5.3.1 uses whole pages.
  uint64_t usable = std::min(bytes, kSizeOfClass[extent.size_class]);
  BlockRun run{.start = extent.block, .stride = bytes, .usable = usable, .count = 1, .live = {}};
  std::optional<ProfiledBlock> profiled = samples_.Find(tree_.format(), edata);
  if (profiled && profiled->bytes <= usable) {
    run.usable = profiled->bytes;
    run.requested_is_known = true;
    run.stack = samples_.Of(profiled->sample);
    run.deepest_stack = SampleStacks::kMaxDepth;
    run.unsampled_usable = *std::ranges::lower_bound(kSizeOfClass, profiled->bytes);
    samples_unknown_ += run.stack.empty();
  }
  Emit(run, 1);
}

void ExtentWalk::Emit(const BlockRun& run, uint64_t live) {
  if (live == 0) return;
  heap_.live_blocks += live;
  heap_.live_bytes += live * run.usable;
  heap_.rounding_bytes += live * (run.stride - run.usable);
  sink_(run);
}

void ExtentWalk::CountFree(Free kind, uint64_t blocks, uint64_t bytes) {
  heap_.free[kind].blocks += blocks;
  heap_.free[kind].bytes += bytes;
}

uint64_t ExtentWalk::ClearCached(Address begin, uint64_t stride, uint64_t count,
                                 std::span<uint64_t> live) {
  uint64_t cleared = 0;
  for (; !cached_.empty() && cached_.front() < begin + stride * count;
       cached_ = cached_.subspan(1)) {
    Address block = cached_.front();
    uint64_t index = block < begin ? 0 : (block - begin) / stride;
    uint64_t bit = uint64_t{1} << index % 64;
    if (block != begin + index * stride || (live[index / 64] & bit) == 0) {
      ++torn_cached_;
      continue;
    }
    live[index / 64] &= ~bit;
    ++cleared;
  }
  return cleared;
}

}  // namespace seep::jemalloc
