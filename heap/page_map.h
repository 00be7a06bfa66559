// Which pages of a live process are in memory. Reading a page that is not would swap it in, or
// allocate it, in the target's name.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/unique_fd.h"

namespace seep {

class PageMap {
 public:
  static absl::StatusOr<PageMap> Open(uint32_t pid);

  // All of [from, from + size). Cost: one system call a page.
  bool IsPresent(Address from, uint64_t size) const;

  // Of as many pages from `from` (a page's start) on as `present` has room for: is it in memory?
  // Pages that cannot be told are not. Cost: one system call for 4 MiB.
  void ReadPresent(Address from, std::span<bool> present) const;

  uint64_t page_size() const { return page_size_; }

  // Bytes of the range that are in memory. Cost: one system call for 4 MiB.
  uint64_t PresentBytes(AddressRange range) const;

 private:
  explicit PageMap(UniqueFd fd);
  UniqueFd fd_;
  uint64_t page_size_;
};

}  // namespace seep
