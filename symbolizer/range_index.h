// Address ranges with a value each, asked "which one covers this address".
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace seep {

// Ranges may nest or overlap (hostile debug information does); the one that begins last wins, which
// is the innermost of nested ones. Filled first, then Sort() once, then asked.
template <typename Value>
class RangeIndex {
 public:
  // [begin, end); an empty range is left out.
  void Add(uint64_t begin, uint64_t end, Value value) {
    if (begin < end) ranges_.push_back({begin, end, 0, std::move(value)});
  }

  void Sort() {
    std::stable_sort(ranges_.begin(), ranges_.end(),
                     [](const Range& a, const Range& b) { return a.begin < b.begin; });
    uint64_t reach = 0;
    for (Range& range : ranges_) range.reach = reach = std::max(reach, range.end);
  }

  // O(log n) where ranges are disjoint. nullptr: none covers it. Of equal beginnings the one added
  // last wins.
  const Value* Find(uint64_t address) const {
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                  [](uint64_t a, const Range& range) { return a < range.begin; });
    for (auto it = after; it != ranges_.begin();) {
      --it;
      if (it->reach <= address) return nullptr;  // nor does any range before it reach so far
      if (address < it->end) return &it->value;
    }
    return nullptr;
  }

  size_t size() const { return ranges_.size(); }

 private:
  struct Range {
    uint64_t begin;
    uint64_t end;
    uint64_t reach;  // the furthest end of this range and all before it
    Value value;
  };
  std::vector<Range> ranges_;
};

}  // namespace seep
