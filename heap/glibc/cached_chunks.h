// Freed chunks that their headers call in use: those in fast bins and in threads' caches. The only
// thing of the walk that grows with a heap: 8 bytes a chunk.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/address.h"

namespace seep::glibc {

enum class Cache : uint8_t { kFastBin = 0, kThread = 1 };

class CachedChunks {
 public:
  void Add(Address chunk, Cache cache) {
    entries_.push_back(chunk.value() | static_cast<uint64_t>(cache));
  }

  // One that is met only during the walk.
  void AddLate(Address chunk) { late_.insert(chunk.value()); }

  // After the last Add. Returns how many were there twice, which damaged lists can do.
  uint64_t Sort();

  // Cost: nothing while the addresses asked for rise; else a binary search.
  std::optional<Cache> Find(Address chunk);

  uint64_t size() const { return entries_.size() + late_.size(); }
  // Entries that Find has not been asked for are not chunks of any heap.
  uint64_t found() const { return found_; }

 private:
  std::vector<uint64_t> entries_;  // an address, a multiple of 16, | Cache
  size_t next_ = 0;                // entries before it are below the last address asked for
  absl::flat_hash_set<uint64_t> late_;
  uint64_t found_ = 0;
};

}  // namespace seep::glibc
