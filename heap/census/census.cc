#include "heap/census/census.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "heap/census/block_groups.h"
#include "heap/census/block_head.h"
#include "heap/census/block_names.h"
#include "heap/census/call_sites.h"
#include "heap/census/embedded_objects.h"
#include "heap/census/raw_count.h"
#include "heap/census/recorded_samples.h"
#include "heap/census/resident_pages.h"
#include "heap/census/sampled_blocks.h"
#include "heap/census/second_look.h"
#include "heap/oracle_classes.h"
#include "heap/vtable_oracle.h"

namespace seep {
namespace {

constexpr char kAllocatorsSamples[] =
    "the allocator's own, size by size; what was allocated before it sampled is taken to be of the "
    "same sites, and tcmalloc before 2.16 samples none of the main thread's first 16 MiB";
constexpr char kRecordingsSamples[] =
    "the process's recording, size by size; what was allocated before sampling began is taken to "
    "be of the same sites";

// Counts the blocks of one heap.
class BlockCounter {
 public:
  BlockCounter(MemoryWindow& window, HeadExaminer& examiner, BlockGroups& groups,
               SampledBlocks& sampled, SampledStacks& stacks, const CensusOptions& options)
      : window_(window),
        examiner_(examiner),
        groups_(groups),
        sampled_(sampled),
        stacks_(stacks),
        recorded_(options.recorded),
        progress_(options.progress) {
    if (options.embedded) embedded_.emplace(examiner, window);
    if (options.pages != nullptr) resident_.emplace(*options.pages);
  }

  void Count(const BlockRun& run, CountedHeap& heap) {
    view_ = {};
    view_first_ = 0;
    if (recorded_ != nullptr) {
      samples_ = recorded_->In({run.start, run.start + run.count * run.stride});
    }
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

  // Null: not asked for.
  const EmbeddedCounter* embedded() const { return embedded_ ? &*embedded_ : nullptr; }

 private:
  static uint64_t Part(uint64_t bytes, uint64_t live, uint64_t count) {
    return static_cast<uint64_t>(static_cast<double>(bytes) * static_cast<double>(live) /
                                 static_cast<double>(count));
  }

  // Neighbours are mostly of one class. While first words and sizes repeat, which of a leak they do
  // a hundred million times, only counts go up.
  void Look(const BlockRun& run, uint64_t i) {
    Address address = run.start + i * run.stride;
    if (!samples_.empty() && LookAtRecorded(run, address)) return;
    if (!run.stack.empty() && recorded_ == nullptr) {
      LookAtSampled(run, address);
      return;
    }
    uint64_t word = FirstWord(run, i, address);
    if (word != 0 && word == repeated_.word && run.usable == repeated_.usable) {
      groups_.AddLike(repeated_.row, address);
      return;
    }
    BlockHead head = Examine(run, address);
    size_t row = groups_.Add(head, run.usable, address);
    if (head.klass && head.class_offset == 0 && !embedded_) repeated_ = {word, run.usable, row};
  }

  BlockHead Examine(const BlockRun& run, Address address) {
    BlockHead head = examiner_.Examine(address, run.usable);
    if (embedded_) embedded_->Count(address, run.usable, head);
    view_ = {};  // both look through the same window
    return head;
  }

  void LookAtSampled(const BlockRun& run, Address address) {
    BlockHead head = Examine(run, address);
    sampled_.Add(head, run.usable, run.unsampled_usable, address,
                 {.stack = stacks_.Intern(run.stack, run.deepest_stack)});
  }

  // A recording has the address that malloc returned, which need not be where the block begins.
  bool LookAtRecorded(const BlockRun& run, Address address) {
    while (!samples_.empty() && samples_.front().block.address < address) {
      samples_ = samples_.subspan(1);
    }
    if (samples_.empty()) return false;
    const RecordedBlock& sample = samples_.front();
    if (sample.block.address >= address + std::max<uint64_t>(run.usable, 1)) return false;
    recorded_->Meet(sample, Examine(run, address), run.usable);
    return true;
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
  SampledBlocks& sampled_;
  SampledStacks& stacks_;
  RecordedSamples* recorded_;
  std::optional<EmbeddedCounter> embedded_;  // where they are asked for
  std::span<const RecordedBlock> samples_;   // of the run at hand, from the block at hand on
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

// Its addresses are not needed any more then.
AddressSketch TakeSketch(BlockGroup& group, const std::vector<ClassId>& classes) {
  AddressSketch sketch{.class_offset = group.head.class_offset,
                       .content = group.head.content,
                       .objects = group.head.objects,
                       .size = group.size,
                       .bound = group.addresses.bound(),
                       .addresses = group.addresses.addresses()};
  if (group.head.klass) sketch.klass = classes[*group.head.klass];
  group.addresses = {};
  return sketch;
}

// What the names of blocks without a class rest on.
void AddDropped(const BlockNames& names, uint64_t named, uint64_t unnamed,
                SnapshotBuilder& builder) {
  if (names.drawn == 0) return;
  builder.AddDropped(
      "blocks without a class", named,
      absl::StrCat("named by the pointers to a sample: of each kind ", BlockGroups::kKeptOfAKind,
                   " blocks at most, of all ", names.drawn));
  builder.AddDropped("blocks without a class", unnamed,
                     "not named: no pointer to their start was seen in the sample of their kind, "
                     "or too many different ones");
}

// Sampled blocks are named as the counted ones of the same head and size are.
void NameLike(const std::vector<BlockGroup>& counted, std::vector<SampledGroup>& sampled) {
  std::map<std::pair<BlockHead, uint64_t>, size_t> rows;
  for (const BlockGroup& group : counted) rows[{group.head, group.size}] = group.row;
  for (SampledGroup& group : sampled) {
    auto like = rows.find({group.blocks.head, group.unsampled_size});
    if (like != rows.end()) group.blocks.row = like->second;
  }
}

void AddGroups(const ApportionedSites& sites, const std::vector<ClassId>& classes,
               const BlockNames& names, SnapshotBuilder& builder) {
  uint64_t absent = 0, named = 0, unnamed = 0;
  for (const OriginGroup& whole : sites.groups) {
    for (const auto& [group, name] : SplitByName(whole.blocks, names.Of(whole.blocks.row))) {
      const BlockHead& head = group.head;
      Block block{.address = group.example,
                  .size = group.size,
                  .count = group.count,
                  .objects = head.objects,
                  .klass = name,
                  .class_offset = head.class_offset,
                  .stack = whole.origin.stack,
                  .label = whole.origin.label,
                  .content = head.content,
                  .birth = whole.origin.birth,
                  .thread = whole.origin.thread,
                  .serial = whole.origin.serial,
                  .split = whole.split,
                  .samples = whole.samples};
      if (head.klass) block.klass = classes[*head.klass];
      if (head.content == Content::kAbsent) absent += group.count;
      if (!head.klass) (name.is_none() ? unnamed : named) += group.count;
      builder.AddBlock(block);
    }
  }
  builder.AddDropped("classes of blocks", absent,
                     "not in memory: never touched, swapped out, or not saved in the core");
  AddDropped(names, named, unnamed, builder);
}

void AddEmbedded(const EmbeddedCounter& embedded, const std::vector<ClassId>& classes,
                 SnapshotBuilder& builder) {
  const std::vector<uint64_t>& counts = embedded.by_class();
  std::map<ClassId, uint64_t> by_id;  // of several vtables in the oracle, one class
  for (size_t i = 0; i < classes.size(); ++i)
    by_id[classes[i]] += i < counts.size() ? counts[i] : 0;
  for (const auto& [id, count] : by_id) builder.AddEmbedded({id, count});
  builder.AddDropped("bytes of blocks", embedded.absent_bytes(),
                     "not searched for embedded objects: not in memory");
  builder.AddDropped("counts of embedded objects", 1,
                     "may include stale ones: what a vector has popped, or a pool has taken back, "
                     "still looks like an object");
}

void AddAllocator(const AllocatorWalker& walker, const CountedHeap& heap, ModuleTable& modules,
                  SampledStacks& stacks, SnapshotBuilder& builder) {
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
  for (const HeapGrowth& growth : heap.walked.growth) {
    builder.AddGrowth({stacks.Intern(growth.stack, growth.deepest), growth.times, growth.bytes});
  }
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
                            "vtable pointers in ", raw.bytes_searched / 1024,
                            " KiB of anonymous memory outside of the heaps; may include freed "
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
  return TakeCensus(target, options, modules, ClassTable(), builder);
}

std::vector<CountedHeap> TakeCensus(const Target& target, const CensusOptions& options,
                                    ModuleTable& modules, ClassTable classes,
                                    SnapshotBuilder& builder) {
  modules.UseLoaded(target.modules);
  VtableOracle oracle(*target.memory, target.modules);
  MemoryWindow window(*target.memory);
  HeadExaminer examiner(target, oracle, window);
  BlockGroups groups;
  SampledBlocks sampled;
  SampledStacks stacks(modules, builder);
  BlockCounter counter(window, examiner, groups, sampled, stacks, options);

  std::vector<Dropped> not_found;
  std::vector<CountedHeap> heaps;
  std::vector<std::unique_ptr<AllocatorWalker>> walkers = FindAllocators(target, &not_found);
  for (const std::unique_ptr<AllocatorWalker>& walker : walkers) {
    CountedHeap& heap = heaps.emplace_back();
    heap.walked = walker->Walk(window, [&](const BlockRun& run) { counter.Count(run, heap); });
    AddAllocator(*walker, heap, modules, stacks, builder);
  }
  for (Dropped& dropped : not_found) {
    builder.AddDropped(std::move(dropped.what), dropped.count, std::move(dropped.why));
  }
  if (heaps.empty()) {
    builder.AddDropped("heaps", 1, "no allocator that Seep knows was recognised in this process");
  }
  CountOutsideHeaps(target, heaps, window, examiner, groups, builder);
  if (options.recorded != nullptr) options.recorded->Settle(groups, sampled, builder);

  CensusTools tools{target, oracle, window, examiner};
  std::optional<SecondLook> second;
  if (NeedsSecondLook(options.holders, groups)) second.emplace(tools, walkers, groups);
  std::vector<ClassId> ids = AddOracleClasses(oracle, modules, classes);
  BlockNames names;
  if (second) names = second->Name(groups, options.files, classes, builder);
  builder.AddDropped("exact sizes of blocks", groups.rounded(),
                     "too many different sizes: rounded up by a quarter at most");
  std::vector<BlockGroup> counted = std::move(groups).Take();
  for (BlockGroup& group : counted) builder.AddSketch(TakeSketch(group, ids));
  std::vector<SampledGroup> samples = std::move(sampled).Take();
  NameLike(counted, samples);
  ApportionedSites sites = ApportionSites(counted, samples);
  AddDropped(sites, options.recorded != nullptr ? kRecordingsSamples : kAllocatorsSamples, builder);
  AddGroups(sites, ids, names, builder);
  if (counter.embedded() != nullptr) AddEmbedded(*counter.embedded(), ids, builder);
  builder.AddDropped("base classes", oracle.unreadable_bases(), "could not be read from memory");
  builder.AddDropped("vtables", oracle.guessed_vtables(), std::string(kGuessedVtables));
  builder.AddDropped("vtables", oracle.vtables_too_many(), "more than any program has: forged?");
  builder.AddDropped("base classes", std::move(classes).MoveTo(builder),
                     "damaged: the class would be its own base");
  return heaps;
}

}  // namespace seep
