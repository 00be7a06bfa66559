// CLOCK_MONOTONIC of the recording's machine → time since its process's profiler came up.
#pragma once

#include <algorithm>
#include <cstdint>

#include "snapshot/snapshot.h"

namespace seep {

class ObservationClock {
 public:
  explicit ObservationClock(uint64_t started_ns) : started_ns_(started_ns) {}

  // 36 years: a time beyond is a damaged record's.
  static constexpr ObservationTime kMax = ObservationTime{1} << 60;

  // Clamped to ±kMax. Negative before the start: a forked child inherits what its parent had.
  ObservationTime At(uint64_t monotonic_ns) const {
    constexpr auto kLimit = static_cast<uint64_t>(kMax);
    if (monotonic_ns < started_ns_) {
      return -static_cast<ObservationTime>(std::min(started_ns_ - monotonic_ns, kLimit));
    }
    return static_cast<ObservationTime>(std::min(monotonic_ns - started_ns_, kLimit));
  }

 private:
  uint64_t started_ns_;
};

}  // namespace seep
