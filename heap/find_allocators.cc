#include "heap/allocator_walker.h"

namespace seep {

std::vector<std::unique_ptr<AllocatorWalker>> FindAllocators(const Target& target,
                                                             std::vector<Dropped>* dropped) {
  std::vector<std::unique_ptr<AllocatorWalker>> walkers;
  (void)target;
  (void)dropped;
  return walkers;
}

}  // namespace seep
