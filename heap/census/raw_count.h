// What is left where no allocator is known (arenas, pools, allocators that Seep cannot walk): every
// vtable pointer in anonymous memory that no walked heap owns and that is no stack. It is what one
// can do by hand with a debugger, and has the same faults: freed objects may still be there, and
// objects inside of others count, too.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "heap/census/block_groups.h"
#include "heap/census/block_head.h"
#include "heap/memory_window.h"
#include "heap/target.h"

namespace seep {

struct RawCount {
  uint64_t objects = 0;
  uint64_t bytes_searched = 0;
};

// Adds groups of size 0 (nobody knows it). `owned`: by walked heaps; rising, disjoint. Cost: some
// ns for each word of memory that is present.
RawCount CountVtables(const Target& target, const std::vector<AddressRange>& owned,
                      MemoryWindow& window, HeadExaminer& examiner, BlockGroups& groups);

}  // namespace seep
