#include "heap/census/raw_count.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "heap/census/thread_stack.h"

namespace seep {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint64_t kPage = 4096;

bool MayHoldObjects(const Mapping& mapping) {
  bool anonymous = !mapping.has_file() && (mapping.path.empty() || mapping.path == "[heap]" ||
                                           mapping.path.starts_with("[anon:"));
  return anonymous && mapping.readable && mapping.writable && !mapping.shared;
}

// What of `range` nobody owns.
std::vector<AddressRange> Unowned(AddressRange range, const std::vector<AddressRange>& owned) {
  std::vector<AddressRange> rest;
  auto it = std::partition_point(owned.begin(), owned.end(),
                                 [&](const AddressRange& o) { return o.end <= range.begin; });
  for (; it != owned.end() && it->begin < range.end; ++it) {
    if (range.begin < it->begin) rest.push_back({range.begin, it->begin});
    range.begin = std::max(range.begin, it->end);
  }
  if (range.begin < range.end) rest.push_back(range);
  return rest;
}

class Search {
 public:
  Search(MemoryWindow& window, HeadExaminer& examiner, BlockGroups& groups)
      : window_(window), examiner_(examiner), groups_(groups) {}

  void Look(AddressRange range) {
    Address at((range.begin.value() + kWord - 1) / kWord * kWord);
    while (at + kWord <= range.end) {
      uint64_t wanted = std::min<uint64_t>(range.end - at, MemoryWindow::kDefaultBytes);
      std::span<const uint8_t> bytes = window_.View(at, wanted);
      if (bytes.size() < kWord) {
        at = Address((at.value() / kPage + 1) * kPage);
        continue;
      }
      Look(at, bytes);
      at = at + bytes.size() / kWord * kWord;
    }
  }

  const RawCount& count() const { return count_; }

 private:
  void Look(Address at, std::span<const uint8_t> bytes) {
    count_.bytes_searched += bytes.size();
    for (size_t i = 0; i + kWord <= bytes.size(); i += kWord) {
      uint64_t word;
      std::memcpy(&word, &bytes[i], kWord);
      std::optional<size_t> klass = examiner_.ClassOfObjectWith(word);
      if (!klass.has_value()) continue;
      ++count_.objects;
      groups_.Add({.klass = klass}, 0, at + i);
    }
  }

  MemoryWindow& window_;
  HeadExaminer& examiner_;
  BlockGroups& groups_;
  RawCount count_;
};

}  // namespace

RawCount CountVtables(const Target& target, const std::vector<AddressRange>& owned,
                      MemoryWindow& window, HeadExaminer& examiner, BlockGroups& groups) {
  Search search(window, examiner, groups);
  const Mapping* below = nullptr;
  // What was in frames that have returned would be counted in a stack.
  for (const Mapping& mapping : target.maps) {
    bool searched =
        MayHoldObjects(mapping) && (below == nullptr || !IsThreadStack(*below, mapping));
    below = &mapping;
    if (!searched) continue;
    for (AddressRange range : Unowned(mapping.range, owned)) search.Look(range);
  }
  return search.count();
}

}  // namespace seep
