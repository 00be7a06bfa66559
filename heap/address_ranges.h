// Lists of address ranges that rise and do not overlap.
#pragma once

#include <vector>

#include "base/address.h"

namespace seep {

// Ranges that touch become one. `range` begins at or after the end of the last.
void AppendRange(std::vector<AddressRange>* ranges, AddressRange range);

// What of `ranges` is in none of `others`.
std::vector<AddressRange> Subtract(const std::vector<AddressRange>& ranges,
                                   const std::vector<AddressRange>& others);

}  // namespace seep
