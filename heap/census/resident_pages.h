// How much of many ranges is in memory, asked mostly in the order of addresses.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "heap/page_map.h"

namespace seep {

class ResidentPages {
 public:
  // `pages` must outlive this.
  explicit ResidentPages(const PageMap& pages);

  // To the byte: of a page that the range shares with others, its part. Cost: a system call each
  // time that a range leaves the 4 MiB that the last one was in.
  uint64_t Bytes(AddressRange range);

 private:
  static constexpr size_t kChunkPages = 1024;

  const PageMap& pages_;
  uint64_t page_size_;
  uint64_t chunk_;  // number of the one that is loaded
  std::array<PageState, kChunkPages> states_;
};

}  // namespace seep
