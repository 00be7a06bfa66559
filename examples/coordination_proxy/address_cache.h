// Which node holds a key: the answers of the back end, the newest `capacity` of them. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

class AddressCache {
 public:
  explicit AddressCache(size_t capacity) : capacity_(capacity) {}

  std::optional<std::string> Find(const std::string& path) const;
  // Drops the oldest entry when full.
  void Insert(const std::string& path, const std::string& address);

 private:
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> addresses_;
  std::deque<const std::string*> oldest_first_;  // Keys of addresses_, whose nodes do not move.
};
