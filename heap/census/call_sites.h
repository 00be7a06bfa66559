// Call sites of counted blocks, from samples of the same heap: the walk counts, the samples only
// apportion.
//
//   walked   class A, 48 bytes: 1,000,000 blocks            sampled: 30 by Accept(), 10 by Retry()
//   becomes  class A, 48 bytes: 750,000 by Accept(), 250,000 by Retry(), and the 40 by their own
//
// Samplers draw by bytes. So blocks of one size are all as likely to be drawn, the interval cancels
// out, and no sample is ever weighed against one of another size; only where the interval has
// changed since are samples of one size weighed by their own probabilities.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "heap/census/block_groups.h"
#include "heap/census/sampled_blocks.h"
#include "heap/module_table.h"
#include "snapshot/builder.h"

namespace seep {

// Return addresses, leaf first, as stacks of the snapshot. Both must outlive this.
class SampledStacks {
 public:
  SampledStacks(ModuleTable& modules, SnapshotBuilder& builder)
      : modules_(modules), builder_(builder) {}

  // `deepest`: a stack of so many frames may have callers that the sampler had no room for.
  StackId Intern(std::span<const uint64_t> leaf_first, size_t deepest);

 private:
  ModuleTable& modules_;
  SnapshotBuilder& builder_;
};

// Blocks of one kind and one origin, counted, or a share of counted ones (Block::split).
struct OriginGroup {
  BlockGroup blocks;
  Origin origin = {};
  uint32_t split = 0;
  uint32_t samples = 0;
};

struct ApportionedSites {
  std::vector<OriginGroup> groups;  // the same blocks: every sum of counts is as it was
  uint64_t samples = 0;             // all there are
  uint64_t apportioned = 0;         // blocks whose site is an estimate
  uint64_t unknown = 0;             // blocks without
};

// A share that rests on n samples of N has a standard error of about sqrt(n(1 − n/N))/N: of fewer
// than so many, a split would mislead.
inline constexpr uint64_t kLeastSamples = 10;

// Splits each group by the samples of the same head and size. Parts are whole blocks; one that
// would be none is left out.
ApportionedSites ApportionSites(const std::vector<BlockGroup>& counted,
                                const std::vector<SampledGroup>& sampled);

// How sure that is; nothing where there are no samples. `whose`: the samples are, and what they
// cannot tell.
void AddDropped(const ApportionedSites& sites, std::string_view whose, SnapshotBuilder& builder);

}  // namespace seep
