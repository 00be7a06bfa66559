// Is this word the address of one of few blocks? Asked of every word of a heap, so nearly always
// answered no by the first comparison, or by one bit that is in the cache.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"

namespace seep {

class PointerFilter {
 public:
  // `addresses` rise. At most 2^31.
  explicit PointerFilter(const std::vector<Address>& addresses)
      : bits_(std::bit_ceil(std::max<size_t>(addresses.size(), 64)) / 4),
        slots_(std::bit_ceil(addresses.size() * 2 + 2)),
        low_(addresses.empty() ? 0 : addresses.front().value()),
        span_(addresses.empty() ? 0 : addresses.back().value() - low_ + 1) {
    for (size_t i = 0; i < addresses.size(); ++i) {
      uint64_t hash = Hash(addresses[i].value());
      bits_[Bit(hash) / 64] |= uint64_t{1} << (Bit(hash) % 64);
      uint64_t slot = hash & (slots_.size() - 1);
      while (slots_[slot].index != kFree) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = {addresses[i].value(), static_cast<uint32_t>(i)};
    }
  }

  bool MayHold(uint64_t word) const {
    if (word - low_ >= span_) return false;
    uint64_t bit = Bit(Hash(word));
    return (bits_[bit / 64] >> (bit % 64) & 1) != 0;
  }

  // Its place among the addresses.
  std::optional<uint32_t> Find(uint64_t word) const {
    uint64_t slot = Hash(word) & (slots_.size() - 1);
    for (; slots_[slot].index != kFree; slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot].word == word) return slots_[slot].index;
    }
    return std::nullopt;
  }

 private:
  static constexpr uint32_t kFree = ~uint32_t{0};
  struct Slot {
    uint64_t word = 0;
    uint32_t index = kFree;
  };

  // Fibonacci hashing; blocks are 8 or 16 bytes apart at least.
  static uint64_t Hash(uint64_t word) {
    uint64_t product = (word >> 3) * 0x9E3779B97F4A7C15u;
    return product ^ product >> 32;
  }
  uint64_t Bit(uint64_t hash) const { return (hash >> 20) & (bits_.size() * 64 - 1); }

  std::vector<uint64_t> bits_;  // 16 for each address
  std::vector<Slot> slots_;     // half of them free at least
  uint64_t low_;
  uint64_t span_;
};

}  // namespace seep
