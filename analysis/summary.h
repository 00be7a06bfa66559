// A group is a list of blocks, oldest first. All that a row says of its blocks is computed here,
// so that every table counts in the same way.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "analysis/findings.h"

namespace seep {

using BlockList = std::vector<uint32_t>;  // indexes into Snapshot::blocks, by birth

// All blocks of the snapshot, oldest first.
BlockList OldestFirst(const Snapshot& snapshot);

// Sums over blocks, with what is uncertain in them: each sampled block by itself, and the shares of
// a split (Block::split) together.
class Totals {
 public:
  explicit Totals(const Snapshot& snapshot);  // which must outlive this

  Quantity Of(std::span<const uint32_t> blocks) const;

 private:
  struct Split {
    double blocks = 0;
    double samples = 0;
  };
  const Snapshot& snapshot_;
  absl::flat_hash_map<uint32_t, Split> splits_;
};

// Of blocks that are oldest first, those of unknown birth left out; none when there are no others.
Ages AgesOf(const Snapshot& snapshot, std::span<const uint32_t> blocks);

// Estimated bytes of those that were born after the first tenth of the observation.
double LaterBytes(const Snapshot& snapshot, std::span<const uint32_t> blocks);

double Seconds(ObservationTime time);

// part / whole, between 0 and 1; 0 when there is no whole.
double Share(double part, double whole);

}  // namespace seep
