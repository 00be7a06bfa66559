// glibc malloc in a target, found without symbols by what must hold among its structures.
#pragma once

#include <memory>
#include <vector>

#include "heap/allocator_walker.h"

namespace seep {

// One walker for each C library that has handed out memory: usually one; more where libraries were
// loaded by dlmopen or are linked in statically. The target must outlive them. `dropped`: an
// arena that was found without its parameters. Cost: the writable segments of all modules are read.
std::vector<std::unique_ptr<AllocatorWalker>> FindGlibcMalloc(const Target& target,
                                                              std::vector<Dropped>* dropped);

}  // namespace seep
