// Sets of addresses as ranges.
#pragma once

#include <vector>

#include "base/address.h"

namespace seep::glibc {

// Rising and disjoint, from any order and overlap; ranges that touch become one.
std::vector<AddressRange> Union(std::vector<AddressRange> ranges);

// What of `ranges` is not in `taken`; both rising and disjoint.
std::vector<AddressRange> Difference(const std::vector<AddressRange>& ranges,
                                     const std::vector<AddressRange>& taken);

uint64_t TotalBytes(const std::vector<AddressRange>& ranges);

}  // namespace seep::glibc
