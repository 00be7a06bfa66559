// How many damaged heaps a test walks.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace seep::testing {

// `usual`, a few seconds' worth; SEEP_FUZZ_ROUNDS for long runs by hand.
inline uint64_t FuzzRounds(uint64_t usual) {
  const char* rounds = std::getenv("SEEP_FUZZ_ROUNDS");
  return rounds == nullptr ? usual : std::strtoull(rounds, nullptr, 10);
}

}  // namespace seep::testing
