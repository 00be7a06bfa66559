// Where objects of a class are: a sample of their addresses, and how many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "heap/instances/class_selector.h"
#include "heap/instances/heap_reader.h"
#include "snapshot/instances.h"

namespace seep {

struct FindInstancesOptions {
  size_t limit = 1000;
  std::function<void(uint64_t blocks)> progress = {};  // now and then: blocks seen so far
};

// Of the classes that `selector` matches, and of what derives from them. The sample is that of the
// smallest hashes of the address: uniform, and mostly the same objects in two looks. Cost: one walk
// and the first bytes of every live block.
Instances FindInstances(HeapReader& heap, const ClassSelector& selector,
                        const FindInstancesOptions& options);

}  // namespace seep
