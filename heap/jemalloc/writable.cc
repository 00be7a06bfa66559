#include "heap/jemalloc/writable.h"

namespace seep::jemalloc {

bool IsWritable(const std::vector<Mapping>& maps, AddressRange range) {
  if (range.end < range.begin) return false;
  for (Address at = range.begin; at < range.end;) {
    const Mapping* mapping = FindMapping(maps, at);
    if (mapping == nullptr || !mapping->writable || !mapping->readable) return false;
    at = mapping->range.end;
  }
  return true;
}

}  // namespace seep::jemalloc
