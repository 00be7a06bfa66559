// A window on foreign memory for readers that go forwards through it: it reads ahead, so that two
// readers that follow each other (a walker its free list, the census the heads of the live blocks)
// cost one read. Not for pointers that lead anywhere: each would read a whole window.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "heap/memory.h"

namespace seep {

class MemoryWindow {
 public:
  // process_vm_readv is as fast at 256 KiB as at 16 MiB, and so much stays in the L2 cache.
  static constexpr size_t kDefaultBytes = 256 << 10;

  // `memory` must outlive this.
  explicit MemoryWindow(const Memory& memory, size_t bytes = kDefaultBytes);

  // As much of [from, from + size) as can be read, from its start: less, down to nothing, where
  // memory is absent. Valid until the next call. A page that could not be read is not tried again
  // while the reader stays in it.
  std::span<const uint8_t> View(Address from, size_t size);

  // A T at `from`, or nothing.
  template <typename T>
  std::optional<T> Get(Address from) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::span<const uint8_t> bytes = View(from, sizeof(T));
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  // From outside, so far.
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  void Fill(Address from, size_t size);

  const Memory& memory_;
  std::vector<uint8_t> buffer_;
  Address begin_;      // of what buffer_ holds
  size_t held_ = 0;    // bytes
  AddressRange hole_;  // known not to be readable
  uint64_t bytes_read_ = 0;
};

}  // namespace seep
