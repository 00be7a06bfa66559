// A group is a list of blocks, oldest first. All that a row says of its blocks is computed here,
// so that every table counts in the same way.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/findings.h"

namespace seep {

using BlockList = std::vector<uint32_t>;  // indexes into Snapshot::blocks, by birth

// All blocks of the snapshot, oldest first.
BlockList OldestFirst(const Snapshot& snapshot);

Quantity Total(const Snapshot& snapshot, std::span<const uint32_t> blocks);

// Of blocks that are oldest first; none when there are none.
Ages AgesOf(const Snapshot& snapshot, std::span<const uint32_t> blocks);

// Estimated bytes of those that were born after the first tenth of the observation.
double LaterBytes(const Snapshot& snapshot, std::span<const uint32_t> blocks);

double Seconds(ObservationTime time);

// part / whole, between 0 and 1; 0 when there is no whole.
double Share(double part, double whole);

}  // namespace seep
