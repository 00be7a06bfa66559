// jemalloc's size classes, by index: 8, 16, 32, 48, 64, then four to each doubling: 80, 96, 112,
// 128, 160, … (jemalloc 5.3, include/jemalloc/internal/sc.h, with the x86-64 quantum of 16).
#pragma once

#include <array>
#include <cstdint>

namespace seep::jemalloc {

// Up to 7 EiB, the largest. An extent that holds no block has the class after the last.
inline constexpr unsigned kSizeClasses = 232;
inline constexpr unsigned kSmallClasses = 36;  // up to 14 KiB: those that come in slabs

consteval std::array<uint64_t, kSizeClasses> MakeSizeClasses() {
  std::array<uint64_t, kSizeClasses> sizes{8, 16, 32, 48, 64};
  uint64_t base = 64;
  for (unsigned i = 5; i < kSizeClasses; ++i) {
    unsigned quarter = (i - 5) % 4 + 1;
    sizes[i] = base + base / 4 * quarter;
    if (quarter == 4) base *= 2;
  }
  return sizes;
}
inline constexpr std::array<uint64_t, kSizeClasses> kSizeOfClass = MakeSizeClasses();
static_assert(kSizeOfClass[kSmallClasses - 1] == 14 << 10);
static_assert(kSizeOfClass[kSizeClasses - 1] == uint64_t{7} << 60);

}  // namespace seep::jemalloc
