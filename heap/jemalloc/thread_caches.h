// The blocks in the caches of the target's threads: jemalloc's slabs count them as in use.
//
//   arenas[] (.bss)      arena_t                    tcache (in its thread's TLS)
//   ┌─────┐      ┌──────────────────────┐     ┌────────────────────────────┐
//   │     ├─────►│ … statistics …       │  ┌─►│ next, previous: a ring     │   stack of blocks
//   └─────┘      │ list of tcaches      │  │  │ bins ──► bin of each class ├──► ┌────┬────┬──
//                │ list of descriptors ─┼──┘  │ arena ──► back to arena_t  │    │    │    │
//                └──────────────────────┘     └────────────────────────────┘    └────┴────┴──
//
// Where in arena_t the lists are depends on the build; that the descriptor leads back to its arena
// does not. The lists are kept by builds with statistics (the default).
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "heap/jemalloc/format.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"

namespace seep::jemalloc {

struct CachedBlocks {
  std::vector<Address> blocks;  // rising
  uint64_t caches = 0;          // of threads
  uint64_t torn = 0;            // links and bins that cannot be
  uint64_t left_out = 0;        // blocks beyond the walker's memory
};

// `data`: the writable data of jemalloc's module. `base_blocks`: its metadata. Cost: some reads for
// each thread and arena, and the stacks.
CachedBlocks ReadThreadCaches(const Memory& memory, const std::vector<Mapping>& maps,
                              const Format& format, const std::vector<AddressRange>& data,
                              const std::vector<AddressRange>& base_blocks);

}  // namespace seep::jemalloc
