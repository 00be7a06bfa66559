// The walk of a gperftools heap that has been found.
#pragma once

#include <memory>

#include "heap/allocator_walker.h"
#include "heap/tcmalloc/layout.h"
#include "snapshot/module.h"

namespace seep::tcmalloc {

// Memory of a walk: 2 MiB, and 8 bytes for each block in a thread's or the transfer cache.
// `memory` must outlive the walker.
std::unique_ptr<AllocatorWalker> MakeWalker(const Memory& memory, Heap heap, const Module& module);

}  // namespace seep::tcmalloc
