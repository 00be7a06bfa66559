// The sampler of one thread, without the thread: allocations go in, exposures come out.
#pragma once

#include <cstdint>

#include "profiler/sampler.h"

namespace seep::profiler {

class OneThread {
 public:
  OneThread(uint64_t seed, uint64_t interval) {
    state_.random = seed;
    StartLeg(state_, interval);
  }

  // λ if the allocation is drawn, else 0. `interval` is the T of now.
  double Allocate(uint64_t size, uint64_t interval) {
    if (!__builtin_usubl_overflow(state_.left, size + 1, &state_.left)) return 0;
    return CrossLegEnd(state_, size, interval);
  }

  const ThreadState& state() const { return state_; }

 private:
  ThreadState state_{};
};

}  // namespace seep::profiler
