// Of many addresses, those whose hashes are smallest: a random part, and the same part in every
// count, so that two counts of one process can be compared block by block (Cohen and Kaplan,
// "Summarizing data using bottom-k sketches", PODC 2007).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/address.h"
#include "base/mix.h"

namespace seep {

class BottomAddresses {
 public:
  static uint64_t Hash(Address address) { return Mix64(address.value()); }

  // An address over it need not be added.
  uint64_t bound() const { return bound_; }
  size_t size() const { return addresses_.size(); }

  // With a hash of at most bound().
  void Add(Address address) { addresses_.push_back(address); }

  // Keeps `most` (at least one) at most, and lowers the bound to the largest hash among them.
  void Prune(size_t most) {
    if (addresses_.size() <= most) return;
    auto last = addresses_.begin() + static_cast<ptrdiff_t>(most) - 1;
    std::nth_element(addresses_.begin(), last, addresses_.end(),
                     [](Address a, Address b) { return Hash(a) < Hash(b); });
    bound_ = Hash(*last);
    addresses_.erase(last + 1, addresses_.end());
  }

  const std::vector<Address>& addresses() const { return addresses_; }  // in no order
  Address Least() const {
    return *std::ranges::min_element(addresses_, {}, [](Address a) { return Hash(a); });
  }

 private:
  uint64_t bound_ = std::numeric_limits<uint64_t>::max();
  std::vector<Address> addresses_;
};

}  // namespace seep
