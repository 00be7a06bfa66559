#include "heap/address_ranges.h"

#include <algorithm>

namespace seep {

void AppendRange(std::vector<AddressRange>* ranges, AddressRange range) {
  if (!ranges->empty() && ranges->back().end == range.begin) {
    ranges->back().end = range.end;
  } else {
    ranges->push_back(range);
  }
}

std::vector<AddressRange> Subtract(const std::vector<AddressRange>& ranges,
                                   const std::vector<AddressRange>& others) {
  std::vector<AddressRange> left;
  auto other = others.begin();
  for (AddressRange range : ranges) {
    while (other != others.end() && other->end <= range.begin) ++other;
    for (auto cut = other; cut != others.end() && cut->begin < range.end; ++cut) {
      if (range.begin < cut->begin) left.push_back({range.begin, cut->begin});
      range.begin = std::min(range.end, cut->end);
    }
    if (range.begin < range.end) left.push_back(range);
  }
  return left;
}

}  // namespace seep
