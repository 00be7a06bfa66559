// Runtime-safe: no allocation, no library calls.
//
// The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
#pragma once

#include <cstdint>

namespace seep {

constexpr uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace seep
