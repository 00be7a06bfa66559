#include <utility>

#include "heap/allocator_walker.h"
#include "heap/glibc/find.h"
#include "heap/jemalloc/find.h"
#include "heap/mimalloc/find.h"
#include "heap/tcmalloc/find.h"
#include "heap/unsupported_allocators.h"

namespace seep {

std::vector<std::unique_ptr<AllocatorWalker>> FindAllocators(const Target& target,
                                                             std::vector<Dropped>* dropped) {
  std::vector<std::unique_ptr<AllocatorWalker>> walkers;
  for (auto find : {FindTcmalloc, FindJemalloc, FindMimalloc, FindGlibcMalloc}) {
    for (std::unique_ptr<AllocatorWalker>& walker : find(target, dropped)) {
      walkers.push_back(std::move(walker));
    }
  }
  NameUnsupportedAllocators(target, dropped);
  return walkers;
}

}  // namespace seep
