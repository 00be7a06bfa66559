#include "examples/bounded_cache/lru_cache.h"

#include <utility>

namespace cache {

LruCache::LruCache(size_t capacity, Make make, examples::Truth* truth)
    : capacity_(capacity),
      make_(std::move(make)),
      hits_(truth->Events("hits")),
      misses_(truth->Events("misses")),
      evictions_(truth->Events("evictions")) {}

size_t LruCache::Serve(uint64_t key) {
  std::lock_guard lock(mutex_);
  if (auto found = by_key_.find(key); found != by_key_.end()) {
    hits_->Add();
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return found->second->entry->content_bytes();
  }
  misses_->Add();
  newest_first_.push_front({key, make_(key)});
  by_key_[key] = newest_first_.begin();
  if (newest_first_.size() > capacity_) {
    evictions_->Add();
    by_key_.erase(newest_first_.back().key);
    newest_first_.pop_back();
  }
  return newest_first_.front().entry->content_bytes();
}

}  // namespace cache
