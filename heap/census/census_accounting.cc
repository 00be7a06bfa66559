#include "heap/census/census_accounting.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "heap/census/resident_pages.h"
#include "heap/proc_text.h"

namespace seep {
namespace {

struct Bytes {
  double reserved = 0;
  double resident = 0;
};

enum MappingKind { kProgram, kStack, kSharedMemory, kOtherFile, kAnonymous, kKinds };
constexpr std::array<const char*, kKinds> kKindNames = {
    "program and libraries", "main thread's stack", "shared memory", "other mapped files",
    "anonymous memory outside of the heaps (stacks of threads, too)"};

MappingKind KindOf(const Target& target, const Mapping& mapping) {
  for (const LoadedModule& module : target.modules) {
    if (module.module.range.contains(mapping.range.begin)) return kProgram;
  }
  if (mapping.path == "[stack]") return kStack;
  if (mapping.shared) return kSharedMemory;
  return mapping.has_file() ? kOtherFile : kAnonymous;
}

// What of [begin, end) lies in the ranges, which rise and are disjoint.
uint64_t Overlap(const std::vector<AddressRange>& ranges, AddressRange with) {
  uint64_t bytes = 0;
  auto it = std::partition_point(ranges.begin(), ranges.end(), [&](const AddressRange& range) {
    return range.end <= with.begin;
  });
  for (; it != ranges.end() && it->begin < with.end; ++it) {
    bytes += std::min(it->end, with.end) - std::max(it->begin, with.begin);
  }
  return bytes;
}

uint64_t SizeOf(const std::vector<AddressRange>& ranges) {
  uint64_t bytes = 0;
  for (const AddressRange& range : ranges) bytes += range.size();
  return bytes;
}

class Accounts {
 public:
  Accounts(const Target& target, const PageMap* pages, const std::vector<MappingUse>& uses,
           SnapshotBuilder& builder)
      : target_(target), uses_(uses), builder_(builder) {
    if (pages != nullptr) resident_.emplace(*pages);
  }

  void AddHeaps(const std::vector<CountedHeap>& heaps) {
    Bytes live, rounding, free, metadata;
    std::vector<AllocatorRow::Free> kinds;
    for (const CountedHeap& heap : heaps) {
      auto live_bytes = static_cast<double>(heap.live_bytes);
      auto rounding_bytes = static_cast<double>(heap.walked.rounding_bytes);
      double taken = live_bytes + rounding_bytes;
      double resident_share = taken > 0 ? static_cast<double>(heap.live_resident) / taken : 0;
      live.reserved += live_bytes;
      live.resident += live_bytes * resident_share;
      rounding.reserved += rounding_bytes;
      rounding.resident += rounding_bytes * resident_share;
      free.reserved += static_cast<double>(SizeOf(heap.walked.heap)) - taken;
      free.resident += Resident(heap.walked.heap) - static_cast<double>(heap.live_resident);
      metadata.reserved += static_cast<double>(SizeOf(heap.walked.metadata));
      metadata.resident += Resident(heap.walked.metadata);
      owned_.insert(owned_.end(), heap.walked.heap.begin(), heap.walked.heap.end());
      owned_.insert(owned_.end(), heap.walked.metadata.begin(), heap.walked.metadata.end());
    }
    std::sort(owned_.begin(), owned_.end());
    Row("live blocks", live);
    Row("rounding of live blocks", rounding);
    Row("free in the heaps (see allocators)", free);
    Row("metadata of the allocators", metadata);
  }

  void AddMappings() {
    std::array<Bytes, kKinds> kinds;
    auto use = uses_.begin();
    for (const Mapping& mapping : target_.maps) {
      Bytes& sum = kinds[KindOf(target_, mapping)];
      uint64_t owned = Overlap(owned_, mapping.range);
      sum.reserved += static_cast<double>(mapping.range.size() - owned);
      while (use != uses_.end() && use->range.end <= mapping.range.begin) ++use;
      if (use == uses_.end() || use->range.begin >= mapping.range.end) continue;
      sum.resident += static_cast<double>(use->rss) - ResidentOwnedIn(mapping.range);
      ++use;
    }
    for (size_t kind = 0; kind < kKinds; ++kind) Row(kKindNames[kind], kinds[kind]);
  }

  void AddSwap() {
    uint64_t swap = 0;
    for (const MappingUse& use : uses_) swap += use.swap;
    if (swap == 0) return;
    builder_.AddAccounting({.row = "swapped out, of the rows above",
                            .reserved = static_cast<double>(swap),
                            .resident = std::nullopt});
  }

  void AddTotal(std::optional<uint64_t> rss) {
    if (rss && resident_) {
      builder_.AddAccounting({"unaccounted", {}, static_cast<double>(*rss) - resident_sum_});
    }
    builder_.AddAccounting(
        {.row = rss ? "RSS" : "all",
         .reserved = reserved_sum_,
         .resident = rss ? std::optional(static_cast<double>(*rss)) : std::nullopt});
  }

 private:
  double Resident(const std::vector<AddressRange>& ranges) {
    double bytes = 0;
    if (!resident_) return 0;
    for (const AddressRange& range : ranges) bytes += static_cast<double>(resident_->Bytes(range));
    return bytes;
  }

  double ResidentOwnedIn(AddressRange mapping) {
    std::vector<AddressRange> inside;
    auto it = std::partition_point(owned_.begin(), owned_.end(), [&](const AddressRange& range) {
      return range.end <= mapping.begin;
    });
    for (; it != owned_.end() && it->begin < mapping.end; ++it) {
      inside.push_back({std::max(it->begin, mapping.begin), std::min(it->end, mapping.end)});
    }
    return Resident(inside);
  }

  void Row(std::string name, const Bytes& bytes) {
    reserved_sum_ += bytes.reserved;
    resident_sum_ += bytes.resident;
    builder_.AddAccounting({.row = std::move(name),
                            .reserved = bytes.reserved,
                            .resident = resident_ ? std::optional(bytes.resident) : std::nullopt});
  }

  const Target& target_;
  const std::vector<MappingUse>& uses_;
  SnapshotBuilder& builder_;
  std::optional<ResidentPages> resident_;
  std::vector<AddressRange> owned_;  // by allocators; rising
  double reserved_sum_ = 0, resident_sum_ = 0;
};

}  // namespace

// "7f12-7f34 rw-p 00000000 00:00 0 …", and then lines "Rss:   12 kB".
absl::StatusOr<std::vector<MappingUse>> ParseMappingUse(std::string_view smaps) {
  std::vector<MappingUse> uses;
  while (!smaps.empty()) {
    std::string line(smaps.substr(0, smaps.find('\n')));
    smaps.remove_prefix(std::min(smaps.size(), line.size() + 1));
    std::string first = line.substr(0, line.find(' '));
    size_t dash = first.find('-');
    uint64_t begin = 0, end = 0;
    if (first.ends_with(':')) {
      if (uses.empty()) return absl::InvalidArgumentError(absl::StrCat("smaps: ", line));
      if (first == "Rss:") uses.back().rss = ProcFieldBytes(line, "Rss").value_or(0);
      if (first == "Swap:") uses.back().swap = ProcFieldBytes(line, "Swap").value_or(0);
    } else if (dash != first.npos && absl::SimpleHexAtoi(first.substr(0, dash), &begin) &&
               absl::SimpleHexAtoi(first.substr(dash + 1), &end)) {
      uses.push_back({.range = {Address(begin), Address(end)}});
    } else {
      return absl::InvalidArgumentError(absl::StrCat("smaps: ", line));
    }
  }
  return uses;
}

void AddCensusAccounting(const Target& target, const std::vector<CountedHeap>& heaps,
                         const PageMap* pages, const std::vector<MappingUse>& uses,
                         std::optional<uint64_t> rss, std::optional<uint64_t> cgroup_usage,
                         SnapshotBuilder& builder) {
  Accounts accounts(target, pages, uses, builder);
  accounts.AddHeaps(heaps);
  accounts.AddMappings();
  accounts.AddSwap();
  accounts.AddTotal(rss);
  if (cgroup_usage) {
    builder.AddAccounting({.row = "beside it: what the kernel charges to the control group",
                           .reserved = std::nullopt,
                           .resident = static_cast<double>(*cgroup_usage)});
  }
}

}  // namespace seep
