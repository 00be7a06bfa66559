// jemalloc 5.1 to 5.3, wherever it comes from: preloaded, a library, or linked into the program.
#pragma once

#include <memory>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/target.h"

namespace seep {

// One for each jemalloc that has blocks. `dropped`: those that are none of these versions.
// The target must outlive them. Cost: large modules' data, and the text in modules that name
// jemalloc.
std::vector<std::unique_ptr<AllocatorWalker>> FindJemalloc(const Target& target,
                                                           std::vector<Dropped>* dropped);

}  // namespace seep
