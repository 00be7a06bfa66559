#include "analysis/address_sample.h"

#include <algorithm>
#include <cmath>

#include "base/mix.h"

namespace seep {
namespace {

// Rising.
std::vector<Address> UpTo(uint64_t bound, const AddressSample& sample) {
  std::vector<Address> part;
  for (Address address : sample.addresses) {
    if (Mix64(address.value()) <= bound) part.push_back(address);
  }
  std::sort(part.begin(), part.end());
  return part;
}

}  // namespace

void AddressSample::Merge(uint64_t other_bound, const std::vector<Address>& other) {
  bound = std::min(bound, other_bound);
  addresses.insert(addresses.end(), other.begin(), other.end());
  std::erase_if(addresses, [this](Address a) { return Mix64(a.value()) > bound; });
}

std::optional<Survival> SurvivalOf(const AddressSample& earlier, const AddressSample& later) {
  uint64_t bound = std::min(earlier.bound, later.bound);
  std::vector<Address> before = UpTo(bound, earlier), now = UpTo(bound, later);
  if (before.empty()) return std::nullopt;
  auto kept = static_cast<double>(
      std::ranges::count_if(before, [&](Address a) { return std::ranges::binary_search(now, a); }));
  auto compared = static_cast<double>(before.size());
  Survival survival{.share = kept / compared, .compared = before.size()};
  if (bound != std::numeric_limits<uint64_t>::max()) {
    survival.std_error = std::sqrt(survival.share * (1 - survival.share) / compared);
  }
  return survival;
}

}  // namespace seep
