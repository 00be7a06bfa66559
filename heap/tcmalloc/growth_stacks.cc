#include "heap/tcmalloc/growth_stacks.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "heap/tcmalloc/data_scan.h"

namespace seep::tcmalloc {
namespace {

// A record each MiB: 64 GiB of heap, 17 MiB of records.
constexpr size_t kMostRecords = 1 << 16;
constexpr uint64_t kMostDepth = StackTrace::kMaxDepth - 1;
constexpr uint64_t kMostGrowth = uint64_t{1} << 40;  // at once

std::optional<StackTrace> ReadRecord(const Memory& memory, Address at) {
  StackTrace record;
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(&record), sizeof(record));
  if (memory.Read(at, bytes) != bytes.size()) return std::nullopt;
  return record;
}

uint64_t NextOf(const StackTrace& record) { return record.stack[kMostDepth]; }

class RecordCheck {
 public:
  RecordCheck(const Target& target, uint32_t page_shift) : page_shift_(page_shift) {
    for (const LoadedModule& module : target.modules) {
      for (const Segment& segment : module.segments) {
        if (segment.executable) code_.push_back(segment.range);
      }
    }
  }

  // The leaf is tcmalloc's own or its caller's code. Farther out a stack may have been unwound
  // wrongly, but it was made of addresses.
  bool IsSound(const StackTrace& record) const {
    bool grew = record.requested > 0 && record.requested <= kMostGrowth &&
                record.requested % (uint64_t{1} << page_shift_) == 0;
    if (!grew || record.depth == 0 || record.depth > kMostDepth) return false;
    if (NextOf(record) != 0 && !IsPlausible(NextOf(record))) return false;
    return std::ranges::any_of(
        code_, [&](const AddressRange& range) { return range.contains(Address(record.stack[0])); });
  }

 private:
  uint32_t page_shift_;
  std::vector<AddressRange> code_;
};

// Records of the list; 0: it is none.
size_t LengthOfList(const Memory& memory, uint64_t first, const RecordCheck& check) {
  absl::flat_hash_set<uint64_t> seen;
  for (uint64_t at = first; at != 0 && seen.size() < kMostRecords;) {
    if (!seen.insert(at).second) return 0;
    std::optional<StackTrace> record = ReadRecord(memory, Address(at));
    if (!record || !check.IsSound(*record)) return 0;
    at = NextOf(*record);
  }
  return seen.size();
}

}  // namespace

std::optional<Address> FindGrowthStacks(const Target& target, AddressRange data,
                                        uint32_t page_shift) {
  RecordCheck check(target, page_shift);
  std::vector<std::pair<size_t, Address>> lists;
  ScanData(*target.memory, data, 8, 8, [&](Address variable, std::span<const uint8_t> bytes) {
    auto word = Load<uint64_t>(bytes.data());
    if (!IsPlausible(word) || data.contains(Address(word))) return true;
    if (size_t length = LengthOfList(*target.memory, word, check)) {
      lists.push_back({length, variable});
    }
    return true;
  });
  if (lists.size() != 1) return std::nullopt;
  return lists.front().second;
}

std::vector<HeapGrowth> ReadGrowthStacks(const Memory& memory, Address variable,
                                         std::vector<Dropped>* dropped) {
  std::vector<HeapGrowth> sums;
  std::map<std::vector<uint64_t>, size_t> by_stack;
  size_t records = 0;
  for (uint64_t at = ReadWord(memory, variable).value_or(0); at != 0; ++records) {
    std::optional<StackTrace> record = ReadRecord(memory, Address(at));
    if (!record || record->depth > kMostDepth || records == kMostRecords) {
      dropped->push_back({"heap-growth stacks", 1, "the list does not end: the rest is not known"});
      break;
    }
    std::vector<uint64_t> stack(record->stack, record->stack + record->depth);
    auto [row, added] = by_stack.try_emplace(stack, sums.size());
    if (added) sums.push_back({.stack = std::move(stack), .deepest = kMostDepth});
    ++sums[row->second].times;
    sums[row->second].bytes += record->requested;
    at = NextOf(*record);
  }
  return sums;
}

}  // namespace seep::tcmalloc
