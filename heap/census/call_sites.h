// Call sites of counted blocks, from the samples that an allocator takes by itself: the walk
// counts, the samples only apportion.
//
//   walked   class A, 48 bytes: 1,000,000 blocks            sampled: 30 by Accept(), 10 by Retry()
//   becomes  class A, 48 bytes: 750,000 by Accept(), 250,000 by Retry(), and the 40 by their own
//
// tcmalloc draws by the bytes of the size class. So blocks of one size are all as likely to be
// sampled, the interval cancels out, and no sample is ever weighed against one of another size.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heap/census/block_groups.h"
#include "heap/module_table.h"
#include "snapshot/builder.h"

namespace seep {

// Return addresses, leaf first, as stacks of the snapshot. Both must outlive this.
class SampledStacks {
 public:
  SampledStacks(ModuleTable& modules, SnapshotBuilder& builder)
      : modules_(modules), builder_(builder) {}

  StackId Intern(std::span<const uint64_t> leaf_first);

 private:
  ModuleTable& modules_;
  SnapshotBuilder& builder_;
};

struct ApportionedSites {
  std::vector<BlockGroup> groups;  // the same blocks: every sum of counts is as it was
  uint64_t samples = 0;            // all there are
  uint64_t apportioned = 0;        // blocks whose site is an estimate
  uint64_t unknown = 0;            // blocks without
};

// A share that rests on n samples of N has a standard error of about sqrt(n(1 − n/N))/N: of fewer
// than so many, a split would mislead.
inline constexpr uint64_t kLeastSamples = 10;

// Splits each group by the samples of the same head and size. Parts are whole blocks; one that
// would be none is left out.
ApportionedSites ApportionSites(std::vector<BlockGroup> groups);

// How sure that is; nothing where there are no samples.
void AddDropped(const ApportionedSites& sites, SnapshotBuilder& builder);

}  // namespace seep
