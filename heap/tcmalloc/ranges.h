// Sets of addresses as ranges.
#pragma once

#include <vector>

#include "base/address.h"

namespace seep::tcmalloc {

// Rising and disjoint, those that touch joined.
std::vector<AddressRange> Normalized(std::vector<AddressRange> ranges);

// What is in `ranges` and not in `taken`; both normalized.
std::vector<AddressRange> Without(const std::vector<AddressRange>& ranges,
                                  const std::vector<AddressRange>& taken);

}  // namespace seep::tcmalloc
