// What the profiler keeps per thread: 64 bytes of initial-exec TLS, without constructor or
// destructor, so that it works before main, in signal handlers and while the thread is dying.
#pragma once

#include <cstdint>

struct seep_label;

namespace seep::profiler {

struct ThreadState {
  uint64_t left;  // bytes until the leg ends: the only word that an unsampled malloc touches
  uint64_t leg_length;
  uint64_t leg_interval;  // T in force when the leg was drawn; 0: off
  uint64_t random;
  const seep_label* label;  // innermost
  uint32_t ordinal;         // 1, 2, … in order of first slow path; 0: none yet
  uint32_t epoch;           // of the process image it was seeded in; differs: draw anew
  uint32_t busy;            // > 0: inside the profiler; a signal handler's samples are dropped
  bool leg_ends_in_sample;
};

extern __thread ThreadState t_state __attribute__((tls_model("initial-exec")));

// Marks the thread as inside the profiler.
class ScopedBusy {
 public:
  explicit ScopedBusy(ThreadState& state) : state_(state) { ++state_.busy; }
  ~ScopedBusy() { --state_.busy; }
  ScopedBusy(const ScopedBusy&) = delete;
  ScopedBusy& operator=(const ScopedBusy&) = delete;

 private:
  ThreadState& state_;
};

}  // namespace seep::profiler
