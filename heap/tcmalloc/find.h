// gperftools' tcmalloc in a target: full or minimal, linked or preloaded, shared or static.
#pragma once

#include <memory>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/target.h"
#include "heap/tcmalloc/layout.h"

namespace seep {

// Found without symbols, by its structures in the writable data of the modules: the size classes,
// which tell the page size; the central lists, one for each class; the page map that leads to the
// spans on these lists; variables that lead to threads' caches. Releases 2.6 to 2.18.
//
// Cost: reads every module's writable data once, 1 ns a byte, and that of the one with tcmalloc
// three times more. `dropped`: a module with the size classes of a tcmalloc and not the rest.
std::vector<std::unique_ptr<AllocatorWalker>> FindTcmalloc(const Target& target,
                                                           std::vector<Dropped>* dropped);

namespace tcmalloc {

struct FoundHeap {
  const LoadedModule* module;  // of the target
  Heap heap;
};

// The same, for those who do not want to walk.
std::vector<FoundHeap> FindHeaps(const Target& target, std::vector<Dropped>* dropped);

}  // namespace tcmalloc
}  // namespace seep
