#include "heap/glibc/ranges.h"

#include <algorithm>

namespace seep::glibc {

std::vector<AddressRange> Union(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<AddressRange> merged;
  for (const AddressRange& range : ranges) {
    if (range.size() == 0) continue;
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

std::vector<AddressRange> Difference(const std::vector<AddressRange>& ranges,
                                     const std::vector<AddressRange>& taken) {
  std::vector<AddressRange> rest;
  auto first = taken.begin();
  for (AddressRange range : ranges) {
    while (first != taken.end() && first->end <= range.begin) ++first;
    for (auto it = first; it != taken.end() && it->begin < range.end; ++it) {
      if (range.begin < it->begin) rest.push_back({range.begin, it->begin});
      range.begin = std::max(range.begin, it->end);
    }
    if (range.size() > 0) rest.push_back(range);
  }
  return rest;
}

uint64_t TotalBytes(const std::vector<AddressRange>& ranges) {
  uint64_t bytes = 0;
  for (const AddressRange& range : ranges) bytes += range.size();
  return bytes;
}

}  // namespace seep::glibc
