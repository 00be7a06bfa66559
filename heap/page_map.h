// Which pages of a live process are in memory. Reading a page that is not would swap it in, or
// allocate it, in the target's name.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/unique_fd.h"

namespace seep {

// kAbsent: the target's page table has no entry: never touched, given back, or only in the file. A
// page that the kernel is moving at this moment is kSwapped, too.
enum class PageState : uint8_t { kAbsent, kPresent, kSwapped };

class PageMap {
 public:
  // It stays with the address space of this moment: once the process has ended or replaced its
  // program, nothing more is known.
  static absl::StatusOr<PageMap> Open(uint32_t pid);

  // All of [from, from + size). Cost: one system call a page.
  bool IsPresent(Address from, uint64_t size) const;

  // Of as many pages as `out` has room for, from the one that holds `from` on; returns how many are
  // known. 0: the address space is gone, or ends before. Cost: one system call for up to 512.
  size_t States(Address from, std::span<PageState> out) const;

  // Whether the process still has the address space that was opened: an exec, even of the same
  // program, and an exit end it.
  bool IsAlive() const;

  uint64_t page_size() const { return page_size_; }

  // Bytes of the range that are in memory. Cost: one system call for 4 MiB.
  uint64_t PresentBytes(AddressRange range) const;

 private:
  explicit PageMap(UniqueFd fd);
  UniqueFd fd_;
  uint64_t page_size_;
};

}  // namespace seep
