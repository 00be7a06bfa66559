// Finds the radix tree in a module's data without symbols: a pointer to a leaf whose entries name
// extents that hold the entries' own pages lies in the root, at the pages' index.
#pragma once

#include <optional>
#include <vector>

#include "heap/jemalloc/rtree.h"
#include "heap/loaded_modules.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"

namespace seep::jemalloc {

// Nothing: no jemalloc in the module, or one that has no block yet. `memory` and `maps` must
// outlive the tree. Cost: the module's writable data, where it is large enough to hold a root.
std::optional<Rtree> FindRtree(const Memory& memory, const std::vector<Mapping>& maps,
                               const LoadedModule& module);

}  // namespace seep::jemalloc
