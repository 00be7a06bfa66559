#include "examples/coordination_proxy/address_cache.h"

std::optional<std::string> AddressCache::Find(const std::string& path) const {
  std::lock_guard lock(mutex_);
  auto found = addresses_.find(path);
  if (found == addresses_.end()) return std::nullopt;
  return found->second;
}

void AddressCache::Insert(const std::string& path, const std::string& address) {
  std::lock_guard lock(mutex_);
  auto [entry, is_new] = addresses_.try_emplace(path, address);
  if (!is_new) return;
  oldest_first_.push_back(&entry->first);
  if (addresses_.size() > capacity_) {
    // By iterator: an erase by key would read the key after its node is gone.
    addresses_.erase(addresses_.find(*oldest_first_.front()));
    oldest_first_.pop_front();
  }
}
