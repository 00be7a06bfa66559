// A random part of the blocks of a row, by address, such that the same part is taken of every count
// of one process: which tells how many of an earlier count are still there in a later one.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/address.h"

namespace seep {

// Addresses whose hash (Mix64) is at most `bound`: all of them.
struct AddressSample {
  uint64_t bound = std::numeric_limits<uint64_t>::max();
  std::vector<Address> addresses;

  // Of the union of blocks; to the lower of the bounds.
  void Merge(uint64_t other_bound, const std::vector<Address>& other);
};

// Of the blocks in the earlier count.
struct Survival {
  double share = 0;      // that are in the later one, too: at the same address and in the same row
  double std_error = 0;  // of it; 0 where all of them were compared
  uint64_t compared = 0;
};

// Nothing: there is no block to compare. A block that was freed and allocated anew at the same
// place for the same use counts as one that is still there.
std::optional<Survival> SurvivalOf(const AddressSample& earlier, const AddressSample& later);

}  // namespace seep
