#include "heap/census/census.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "heap/census/block_groups.h"
#include "heap/census/block_head.h"
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
  BlockCounter(HeadExaminer& examiner, BlockGroups& groups, const CensusOptions& options)
      : examiner_(examiner), groups_(groups), progress_(options.progress) {
    if (options.pages != nullptr) resident_.emplace(*options.pages);
  }

  void Count(const BlockRun& run, CountedHeap& heap) {
    uint64_t live = run.ForEachLive([&](Address block) {
      groups_.Add(examiner_.Examine(block, run.usable), run.usable, block);
    });
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

  void Report(uint64_t live) {
    constexpr uint64_t kEvery = 1 << 20;
    uint64_t before = seen_ / kEvery;
    seen_ += live;
    if (progress_ && seen_ / kEvery != before) progress_(seen_);
  }

  HeadExaminer& examiner_;
  BlockGroups& groups_;
  const std::function<void(uint64_t)>& progress_;
  std::optional<ResidentPages> resident_;
  uint64_t seen_ = 0;
};

void AddGroups(BlockGroups groups, const std::vector<ClassId>& classes, SnapshotBuilder& builder) {
  uint64_t absent = 0;
  builder.AddDropped("exact sizes of blocks", groups.rounded(),
                     "too many different sizes: rounded up by a quarter at most");
  for (const BlockGroup& group : std::move(groups).Take()) {
    Block block{.address = group.example,
                .size = group.size,
                .count = group.count,
                .objects = group.head.objects,
                .class_offset = group.head.class_offset,
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

}  // namespace

std::vector<CountedHeap> TakeCensus(const Target& target, const CensusOptions& options,
                                    SnapshotBuilder& builder) {
  ModuleTable modules(builder);
  modules.UseLoaded(target.modules);
  VtableOracle oracle(*target.memory, target.modules);
  MemoryWindow window(*target.memory);
  HeadExaminer examiner(target, oracle, window);
  BlockGroups groups;
  BlockCounter counter(examiner, groups, options);

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

  ClassTable classes;
  std::vector<ClassId> ids = AddOracleClasses(oracle, modules, classes);
  AddGroups(std::move(groups), ids, builder);
  builder.AddDropped("base classes", oracle.unreadable_bases(), "could not be read from memory");
  builder.AddDropped("base classes", std::move(classes).MoveTo(builder),
                     "damaged: the class would be its own base");
  return heaps;
}

}  // namespace seep
