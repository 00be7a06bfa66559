// Where a gperftools heap grew: each time that it takes memory from the system (1 MiB at least), a
// full build notes the call stack, whether it samples or not, and keeps it for ever.
//
//   Static::growth_stacks_ ──► StackTrace{bytes, depth, stack[30], next} ──► … ──► 0     newest
//   first
//
// (page_heap.cc, RecordGrowth; tcmalloc.cc, DumpHeapGrowthStackTraces: the last word of `stack` is
// the link; 2.6 to 2.18.) Whoever happened to need memory then: not who holds it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/target.h"
#include "heap/tcmalloc/layout.h"

namespace seep::tcmalloc {

// The variable that leads to them, among the writable data of the allocator's module: the one from
// which a list hangs whose every record is sound (a number of whole pages, from code). Nothing
// where there is none (a minimal build; a heap that never grew), or where several would do. Cost: a
// read for each word that may be a pointer.
std::optional<Address> FindGrowthStacks(const Target& target, AddressRange data,
                                        uint32_t page_shift);

// Equal stacks added up, in the order in which they are met. `dropped`: a list that does not end.
std::vector<HeapGrowth> ReadGrowthStacks(const Memory& memory, Address variable,
                                         std::vector<Dropped>* dropped);

}  // namespace seep::tcmalloc
