#include "heap/census/resident_pages.h"

#include <algorithm>

namespace seep {

ResidentPages::ResidentPages(const PageMap& pages)
    : pages_(pages), page_size_(pages.page_size()), chunk_(~uint64_t{0}) {}

uint64_t ResidentPages::Bytes(AddressRange range) {
  uint64_t bytes = 0;
  uint64_t end = range.end.value();
  for (uint64_t at = range.begin.value(); at < end;) {
    uint64_t page = at / page_size_;
    if (page / kChunkPages != chunk_) {
      chunk_ = page / kChunkPages;
      size_t known = pages_.States(Address(chunk_ * kChunkPages * page_size_), states_);
      std::fill(states_.begin() + static_cast<ptrdiff_t>(known), states_.end(), PageState::kAbsent);
    }
    uint64_t part = std::min(end, (page + 1) * page_size_) - at;
    if (states_[page % kChunkPages] == PageState::kPresent) bytes += part;
    at += part;
  }
  return bytes;
}

}  // namespace seep
