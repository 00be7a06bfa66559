#include "heap/tcmalloc/ranges.h"

#include <algorithm>

namespace seep::tcmalloc {

std::vector<AddressRange> Normalized(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<AddressRange> joined;
  for (const AddressRange& range : ranges) {
    if (!joined.empty() && range.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, range.end);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

std::vector<AddressRange> Without(const std::vector<AddressRange>& ranges,
                                  const std::vector<AddressRange>& taken) {
  std::vector<AddressRange> left;
  auto cut = taken.begin();
  for (AddressRange range : ranges) {
    while (cut != taken.end() && cut->end <= range.begin) ++cut;
    for (auto it = cut; it != taken.end() && it->begin < range.end; ++it) {
      if (range.begin < it->begin) left.push_back({range.begin, it->begin});
      range.begin = std::max(range.begin, it->end);
    }
    if (range.begin < range.end) left.push_back(range);
  }
  return left;
}

}  // namespace seep::tcmalloc
