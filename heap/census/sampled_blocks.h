// Live blocks that a sampler has drawn, and of which it kept who allocated them: the allocator's
// own samples, or those of a recording that the walk has met again.
#pragma once

#include <compare>
#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/container/btree_map.h"
#include "heap/census/block_groups.h"
#include "snapshot/snapshot.h"

namespace seep {

// What a sampler knows of a block beside what is in it.
struct Origin {
  StackId stack = {};
  LabelId label = {};
  ObservationTime birth = kBirthUnknown;
  uint32_t thread = 0;
  uint64_t serial = 0;
  double probability = 1;  // of being drawn; 1 for all where only their ratios matter
  auto operator<=>(const Origin&) const = default;
};

struct SampledGroup {
  BlockGroup blocks;            // alike
  uint64_t unsampled_size = 0;  // under which their like are counted that were not drawn
  Origin origin;                // of all of them
};

class SampledBlocks {
 public:
  void Add(const BlockHead& head, uint64_t size, uint64_t unsampled_size, Address address,
           const Origin& origin);

  // By head, size and origin.
  std::vector<SampledGroup> Take() &&;

 private:
  using Key = std::tuple<BlockHead, uint64_t, uint64_t, Origin>;
  absl::btree_map<Key, SampledGroup> groups_;
};

}  // namespace seep
