// Where a program keeps what it writes: whether a structure can be where a pointer says that it is.
#pragma once

#include <vector>

#include "base/address.h"
#include "heap/loaded_modules.h"
#include "heap/proc_maps.h"

namespace seep {

// Every byte of `range` is mapped, whatever may be done with it. `maps` rising.
bool IsMapped(const std::vector<Mapping>& maps, AddressRange range);

// And readable and writable.
bool IsWritable(const std::vector<Mapping>& maps, AddressRange range);

// A module's writable segments, rising; those next to each other are one (.bss begins in the last
// page of .data).
std::vector<AddressRange> WritableData(const LoadedModule& module);

}  // namespace seep
