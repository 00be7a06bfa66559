// Which object lies at an address, or around it: where a debugger would put its cast.
#pragma once

#include <optional>

#include "heap/instances/heap_reader.h"
#include "snapshot/instances.h"

namespace seep {

// In falling order of certainty: the complete object whose vtable pointer, its own or that of an
// inner base, lies at `address` (so also on stacks and among variables); the object that the block
// around it begins with. Nothing in free blocks, code and vtables. `place`: by FindPlaces. Cost:
// two small reads.
std::optional<ObjectPlace> FindObject(HeapReader& heap, Address address, const AddressPlace& place);

}  // namespace seep
