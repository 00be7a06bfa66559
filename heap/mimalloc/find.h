// mimalloc 2.0.9 to 2.4, wherever it comes from: preloaded, a library, or linked into the program.
#pragma once

#include <memory>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/target.h"

namespace seep {

// One for each mimalloc that has segments. `dropped`: those that are none of these versions.
// The target must outlive them. Cost: a small read for each 32 MiB that are mapped, all modules'
// writable data where there are segments, and the text of modules where there are none.
std::vector<std::unique_ptr<AllocatorWalker>> FindMimalloc(const Target& target,
                                                           std::vector<Dropped>* dropped);

}  // namespace seep
