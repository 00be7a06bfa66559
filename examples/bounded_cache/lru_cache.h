// The `capacity` entries that were used last. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "examples/bounded_cache/entry.h"
#include "examples/support/truth.h"

namespace cache {

class LruCache {
 public:
  using Make = std::function<std::unique_ptr<Entry>(uint64_t key)>;

  // `make` is called for keys that are not here, under the cache's lock.
  LruCache(size_t capacity, Make make, examples::Truth* truth);

  // Serves the entry of the key: its content's size. Makes it where it is missing, and then drops
  // the one whose last use is longest ago.
  size_t Serve(uint64_t key);

 private:
  struct Item {
    uint64_t key;
    std::unique_ptr<Entry> entry;
  };

  const size_t capacity_;
  const Make make_;
  examples::EventTally* hits_;
  examples::EventTally* misses_;
  examples::EventTally* evictions_;
  std::mutex mutex_;
  std::list<Item> newest_first_;
  std::unordered_map<uint64_t, std::list<Item>::iterator> by_key_;
};

}  // namespace cache
