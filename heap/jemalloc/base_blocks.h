// jemalloc's metadata: blocks of 2 MiB and multiples, each of one arena, that hold the arena
// itself, its edatas and parts of the tree.
//
//   2 MiB × n │ size, next block │ … arena_t … edata, edata, edata … (leaf of 2 MiB) │ unused │
//
// jemalloc 5.3, src/base.c; the same since 5.0.
#pragma once

#include <set>
#include <vector>

#include "heap/jemalloc/rtree.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"

namespace seep::jemalloc {

// Around all edatas and leaves of the tree; rising, disjoint. Cost: one pass over the tree, and a
// read for each 2 MiB of metadata.
std::vector<AddressRange> FindBaseBlocks(const Memory& memory, const std::vector<Mapping>& maps,
                                         const Rtree& tree);

}  // namespace seep::jemalloc
