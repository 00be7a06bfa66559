#include "heap/glibc/cached_chunks.h"

#include <algorithm>

#include "heap/glibc/structures.h"

namespace seep::glibc {

uint64_t CachedChunks::Sort() {
  std::sort(entries_.begin(), entries_.end());
  auto same_chunk = [](uint64_t a, uint64_t b) { return a / kAlignment == b / kAlignment; };
  auto end = std::unique(entries_.begin(), entries_.end(), same_chunk);
  auto twice = static_cast<uint64_t>(entries_.end() - end);
  entries_.erase(end, entries_.end());
  return twice;
}

std::optional<Cache> CachedChunks::Find(Address chunk) {
  if (next_ > 0 && entries_[next_ - 1] >= chunk.value()) {
    next_ = static_cast<size_t>(std::lower_bound(entries_.begin(), entries_.end(), chunk.value()) -
                                entries_.begin());
  }
  while (next_ < entries_.size() && entries_[next_] < chunk.value()) ++next_;
  if (next_ == entries_.size() || entries_[next_] / kAlignment != chunk.value() / kAlignment) {
    if (late_.empty() || !late_.contains(chunk.value())) return std::nullopt;
    ++found_;
    return Cache::kThread;
  }
  ++found_;
  return static_cast<Cache>(entries_[next_] % kAlignment);
}

}  // namespace seep::glibc
