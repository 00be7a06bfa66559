// The page states of the neighbourhood that was read last: a reader that goes forwards asks the
// kernel once for a MiB, one that jumps about once for 64 KiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "heap/page_map.h"

namespace seep {

class RecentPages {
 public:
  // `pages` must outlive this.
  explicit RecentPages(const PageMap& pages) : pages_(pages) {}

  // As PageMap::States, though maybe for fewer pages; the states are at most 10 ms old. (Between
  // their reading and that of a page the target may lose the page. The shorter, the rarer.)
  // Thread-safe.
  size_t States(Address from, std::span<PageState> out) const;

 private:
  using Clock = std::chrono::steady_clock;

  void Fill(uint64_t first, size_t count) const;

  const PageMap& pages_;
  mutable std::mutex mutex_;
  mutable uint64_t first_ = 0;  // page number
  mutable std::vector<PageState> states_;
  mutable Clock::time_point read_at_;
};

}  // namespace seep
