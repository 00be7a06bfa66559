// What lies at addresses: a live block and its class, a free one, code, data, a stack, a file.
#pragma once

#include <span>
#include <vector>

#include "heap/instances/heap_reader.h"
#include "snapshot/instances.h"

namespace seep {

// One for each of `addresses`, in any order, doubles welcome. Cost: one walk of the heaps without
// reading live blocks (there is no index of them: the walk's runs are held against the sorted
// addresses, O(runs × log addresses)), and a read of 4 KiB for each block that was hit.
std::vector<AddressPlace> FindPlaces(HeapReader& heap, std::span<const Address> addresses);

}  // namespace seep
