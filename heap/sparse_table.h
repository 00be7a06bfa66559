// Reads tables that are mostly untouched, such as the 2 MiB leaves of a radix tree of which one
// entry in a thousand is set: a page that is absent is a page of zeros.
#pragma once

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "base/address.h"
#include "heap/memory.h"

namespace seep {

// Calls `visit` for the parts of `table` that could be read, rising, each of whole words, until it
// returns false. Cost: a system call for 4 KiB, 8 KiB, … 256 KiB each, and one
// for each absent page.
void VisitTable(const Memory& memory, AddressRange table,
                absl::FunctionRef<bool(Address, std::span<const uint64_t>)> visit);

}  // namespace seep
