#include "heap/writable_memory.h"

namespace seep {

namespace {

template <typename Accept>
bool AllMappings(const std::vector<Mapping>& maps, AddressRange range, Accept accept) {
  if (range.end < range.begin) return false;
  for (Address at = range.begin; at < range.end;) {
    const Mapping* mapping = FindMapping(maps, at);
    if (mapping == nullptr || !accept(*mapping)) return false;
    at = mapping->range.end;
  }
  return true;
}

}  // namespace

bool IsMapped(const std::vector<Mapping>& maps, AddressRange range) {
  return AllMappings(maps, range, [](const Mapping&) { return true; });
}

bool IsWritable(const std::vector<Mapping>& maps, AddressRange range) {
  return AllMappings(maps, range, [](const Mapping& m) { return m.readable && m.writable; });
}

std::vector<AddressRange> WritableData(const LoadedModule& module) {
  std::vector<AddressRange> ranges;
  for (const Segment& segment : module.segments) {
    if (!segment.writable) continue;
    if (!ranges.empty() && ranges.back().end == segment.range.begin) {
      ranges.back().end = segment.range.end;
    } else {
      ranges.push_back(segment.range);
    }
  }
  return ranges;
}

}  // namespace seep
