// Time without system calls: the vDSO's clock.
#pragma once

#include <time.h>

#include <cstdint>

#include "snapshot/recording_format.h"

namespace seep::profiler {

inline uint64_t ClockNs(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

inline uint64_t NowNs() { return ClockNs(CLOCK_MONOTONIC); }

inline recording::ClockPair NowPair() { return {NowNs(), ClockNs(CLOCK_REALTIME)}; }

}  // namespace seep::profiler
