#include "heap/recent_pages.h"

#include <algorithm>

namespace seep {
namespace {

constexpr size_t kForwards = 256;  // 1 MiB of 4 KiB pages
constexpr size_t kElsewhere = 16;
constexpr std::chrono::milliseconds kMaxAge(10);

}  // namespace

size_t RecentPages::States(Address from, std::span<PageState> out) const {
  uint64_t first = from.value() / pages_.page_size();
  std::lock_guard lock(mutex_);
  // One page further than known is a reader that goes on, or that skipped a hole.
  bool goes_on = first_ <= first && first <= first_ + states_.size() + 1;
  bool known = goes_on && first < first_ + states_.size() && Clock::now() - read_at_ < kMaxAge;
  if (!known)
    Fill(first, goes_on ? kForwards : std::min(std::max(out.size(), kElsewhere), kForwards));
  size_t at = first - first_;
  size_t count = std::min(out.size(), states_.size() - std::min(at, states_.size()));
  std::copy_n(states_.begin() + static_cast<ptrdiff_t>(at), count, out.begin());
  return count;
}

void RecentPages::Fill(uint64_t first, size_t count) const {
  first_ = first;
  states_.resize(count);
  states_.resize(pages_.States(Address(first * pages_.page_size()), states_));
  read_at_ = Clock::now();
}

}  // namespace seep
