// Where the process's memory is, so far as it was looked at.
#pragma once

#include <vector>

#include "analysis/findings.h"

namespace seep {

// The snapshot's own rows where it has them (a walked heap). Else, for samples alone, three rows of
// which the last is the sum of the others:
//
//   live heap, estimated   reserved: bytes requested   resident: at most that, at most the RSS
//   not examined           reserved: –                 resident: the rest of the RSS
//   RSS                    reserved: –                 resident: what the kernel said
//
// "Not examined" is freed memory that the allocator keeps, rounding, allocator metadata, code,
// stacks, file mappings: samples cannot tell these apart.
std::vector<AccountingRow> Accounting(const Snapshot& snapshot, const Quantity& live);

}  // namespace seep
