#include "heap/census/census.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "heap/census/block_groups.h"
#include "heap/census/block_head.h"
#include "heap/census/call_sites.h"
#include "heap/census/raw_count.h"
#include "heap/census/resident_pages.h"
#include "heap/class_table.h"
#include "heap/module_table.h"
#include "heap/oracle_classes.h"
#include "heap/vtable_oracle.h"

namespace seep {
namespace {

// Counts the blocks of one heap.
class BlockCounter {
 public:
  BlockCounter(MemoryWindow& window, HeadExaminer& examiner, BlockGroups& groups,
               SampledStacks& stacks, const CensusOptions& options)
      : window_(window),
        examiner_(examiner),
        groups_(groups),
        stacks_(stacks),
        progress_(options.progress) {
    if (options.pages != nullptr) resident_.emplace(*options.pages);
  }

  void Count(const BlockRun& run, CountedHeap& heap) {
    view_ = {};
    view_first_ = 0;
    uint64_t live = 0;
    if (run.live.empty()) {
      for (uint64_t i = 0; i < run.count; ++i) Look(run, i);
      live = run.count;
    } else {
      for (size_t word = 0; word < run.live.size(); ++word) {
        for (uint64_t bits = run.live[word]; bits != 0; bits &= bits - 1) {
          uint64_t i = word * 64 + static_cast<uint64_t>(std::countr_zero(bits));
          if (i >= run.count) break;
          Look(run, i);
          ++live;
        }
      }
    }
    heap.live_blocks += live;
    heap.live_bytes += live * run.usable;
    if (resident_ && run.count > 0) {
      uint64_t bytes = resident_->Bytes({run.start, run.start + run.count * run.stride});
      heap.live_resident += live == run.count ? bytes : Part(bytes, live, run.count);
    }
    Report(live);
  }

 private:
  static uint64_t Part(uint64_t bytes, uint64_t live, uint64_t count) {
    return static_cast<uint64_t>(static_cast<double>(bytes) * static_cast<double>(live) /
                                 static_cast<double>(count));
  }

  // Neighbours are mostly of one class. While first words and sizes repeat, which of a leak they do
  // a hundred million times, only counts go up.
  void Look(const BlockRun& run, uint64_t i) {
    Address address = run.start + i * run.stride;
    if (!run.stack.empty()) {
      LookAtSampled(run, address);
      return;
    }
    uint64_t word = FirstWord(run, i, address);
    if (word != 0 && word == repeated_.word && run.usable == repeated_.usable) {
      groups_.AddLike(repeated_.row, address);
      return;
    }
    BlockHead head = examiner_.Examine(address, run.usable);
    view_ = {};  // the examiner looks through the same window
    size_t row = groups_.Add(head, run.usable, address);
    if (head.klass && head.class_offset == 0) repeated_ = {word, run.usable, row};
  }

  void LookAtSampled(const BlockRun& run, Address address) {
    BlockHead head = examiner_.Examine(address, run.usable);
    groups_.AddSampled(head, run.usable, address, stacks_.Intern(run.stack), run.unsampled_usable);
  }

  // 0: it is not in memory, or the block is too small for one.
  uint64_t FirstWord(const BlockRun& run, uint64_t i, Address address) {
    uint64_t word = 0;
    if (run.usable < sizeof(word)) return 0;
    uint64_t at = (i - view_first_) * run.stride;
    if (at + sizeof(word) > view_.size()) {
      uint64_t rest = (run.count - i) * run.stride;
      view_ = window_.View(address, std::min<uint64_t>(rest, MemoryWindow::kDefaultBytes / 2));
      view_first_ = i;
      at = 0;
      if (view_.size() < sizeof(word)) return 0;
    }
    std::memcpy(&word, &view_[at], sizeof(word));
    return word;
  }

  void Report(uint64_t live) {
    constexpr uint64_t kEvery = 1 << 20;
    uint64_t before = seen_ / kEvery;
    seen_ += live;
    if (progress_ && seen_ / kEvery != before) progress_(seen_);
  }

  MemoryWindow& window_;
  HeadExaminer& examiner_;
  BlockGroups& groups_;
  SampledStacks& stacks_;
  const std::function<void(uint64_t)>& progress_;
  std::optional<ResidentPages> resident_;
  std::span<const uint8_t> view_;  // of the run at hand, from block view_first_ on
  uint64_t view_first_ = 0;
  struct {
    uint64_t word = 0;  // a vtable pointer at the start of a block of so many usable bytes …
    uint64_t usable = 0;
    size_t row = 0;  // … is of this group
  } repeated_;
  uint64_t seen_ = 0;
};

void AddGroups(BlockGroups groups, const std::vector<ClassId>& classes, SnapshotBuilder& builder) {
  uint64_t absent = 0;
  builder.AddDropped("exact sizes of blocks", groups.rounded(),
                     "too many different sizes: rounded up by a quarter at most");
  ApportionedSites sites = ApportionSites(std::move(groups).Take());
  AddDropped(sites, builder);
  for (const BlockGroup& group : sites.groups) {
    Block block{.address = group.example,
                .size = group.size,
                .count = group.count,
                .objects = group.head.objects,
                .class_offset = group.head.class_offset,
                .stack = group.stack,
                .content = group.head.content,
                .birth = kBirthUnknown};
    if (group.head.klass) block.klass = classes[*group.head.klass];
    if (group.head.content == Content::kAbsent) absent += group.count;
    builder.AddBlock(block);
  }
  builder.AddDropped("classes of blocks", absent,
                     "not in memory: never touched, swapped out, or not saved in the core");
}

void AddAllocator(const AllocatorWalker& walker, const CountedHeap& heap, ModuleTable& modules,
                  SnapshotBuilder& builder) {
  AllocatorRow row{.kind = walker.kind(),
                   .description = walker.description(),
                   .module = modules.Locate(walker.anchor()).module,
                   .live_blocks = heap.live_blocks,
                   .live_bytes = heap.live_bytes,
                   .free = {},
                   .discrepancy = heap.walked.discrepancy};
  for (const FreeBlocks& free : heap.walked.free) {
    row.free.push_back({free.where, free.blocks, free.bytes});
  }
  builder.AddAllocator(std::move(row));
  for (const Dropped& dropped : heap.walked.dropped) {
    builder.AddDropped(dropped.what, dropped.count, walker.kind() + ": " + dropped.why);
  }
}

// Arenas and allocators that nobody knows: what vtables can tell.
void CountOutsideHeaps(const Target& target, const std::vector<CountedHeap>& heaps,
                       MemoryWindow& window, HeadExaminer& examiner, BlockGroups& groups,
                       SnapshotBuilder& builder) {
  std::vector<AddressRange> owned;
  for (const CountedHeap& heap : heaps) {
    owned.insert(owned.end(), heap.walked.heap.begin(), heap.walked.heap.end());
    owned.insert(owned.end(), heap.walked.metadata.begin(), heap.walked.metadata.end());
  }
  std::sort(owned.begin(), owned.end());
  RawCount raw = CountVtables(target, owned, window, examiner, groups);
  if (raw.objects == 0) return;
  builder.AddAllocator({.kind = "no known allocator",
                        .description = absl::StrCat(
                            "vtable pointers in ", raw.bytes_searched,
                            " bytes of anonymous memory outside of the heaps; may include freed "
                            "objects, and objects inside of others; sizes are not known"),
                        .module = {},
                        .live_blocks = raw.objects,
                        .live_bytes = 0,
                        .free = {},
                        .discrepancy = 0});
}

}  // namespace

std::vector<CountedHeap> TakeCensus(const Target& target, const CensusOptions& options,
                                    SnapshotBuilder& builder) {
  ModuleTable modules(builder);
  modules.UseLoaded(target.modules);
  VtableOracle oracle(*target.memory, target.modules);
  MemoryWindow window(*target.memory);
  HeadExaminer examiner(target, oracle, window);
  BlockGroups groups;
  SampledStacks stacks(modules, builder);
  BlockCounter counter(window, examiner, groups, stacks, options);

  std::vector<Dropped> not_found;
  std::vector<CountedHeap> heaps;
  for (const std::unique_ptr<AllocatorWalker>& walker : FindAllocators(target, &not_found)) {
    CountedHeap& heap = heaps.emplace_back();
    heap.walked = walker->Walk(window, [&](const BlockRun& run) { counter.Count(run, heap); });
    AddAllocator(*walker, heap, modules, builder);
  }
  for (Dropped& dropped : not_found) {
    builder.AddDropped(std::move(dropped.what), dropped.count, std::move(dropped.why));
  }
  if (heaps.empty()) {
    builder.AddDropped("heaps", 1, "no allocator that Seep knows was recognised in this process");
  }
  CountOutsideHeaps(target, heaps, window, examiner, groups, builder);

  ClassTable classes;
  std::vector<ClassId> ids = AddOracleClasses(oracle, modules, classes);
  AddGroups(std::move(groups), ids, builder);
  builder.AddDropped("base classes", oracle.unreadable_bases(), "could not be read from memory");
  builder.AddDropped("vtables", oracle.vtables_too_many(), "more than any program has: forged?");
  builder.AddDropped("base classes", std::move(classes).MoveTo(builder),
                     "damaged: the class would be its own base");
  return heaps;
}

}  // namespace seep
