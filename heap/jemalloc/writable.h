// Whether a structure can be where a pointer says that it is.
#pragma once

#include <vector>

#include "base/address.h"
#include "heap/proc_maps.h"

namespace seep::jemalloc {

// Every byte of `range` is mapped and writable.
bool IsWritable(const std::vector<Mapping>& maps, AddressRange range);

}  // namespace seep::jemalloc
