#include "heap/writable_memory.h"

namespace seep {

bool IsWritable(const std::vector<Mapping>& maps, AddressRange range) {
  if (range.end < range.begin) return false;
  for (Address at = range.begin; at < range.end;) {
    const Mapping* mapping = FindMapping(maps, at);
    if (mapping == nullptr || !mapping->writable || !mapping->readable) return false;
    at = mapping->range.end;
  }
  return true;
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
