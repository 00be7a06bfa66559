// Allocators that Seep knows by name and cannot walk: so that a report says which one it was, and
// not that there was none.
#pragma once

#include <vector>

#include "heap/target.h"
#include "snapshot/snapshot.h"

namespace seep {

// Adds one entry "allocators" for each found: "libtbbmalloc.so.2: oneTBB's scalable allocator is
// not supported". Those that have a walker for some of their versions (jemalloc, mimalloc) are
// named by their own Find… function. Cost: reads the constant data and code of all modules once.
void NameUnsupportedAllocators(const Target& target, std::vector<Dropped>* dropped);

}  // namespace seep
