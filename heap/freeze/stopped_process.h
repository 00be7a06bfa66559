// A process that stands still while it is read. No signal is sent, and no call of its fails.
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/status/statusor.h"
#include "heap/freeze/guardian.h"

namespace seep {

class StoppedProcess {
 public:
  // All threads stand still when this returns, for at most `max_pause` from the first; then they go
  // on by themselves. FAILED_PRECONDITION: see CheckStoppable. DEADLINE_EXCEEDED: a thread did not
  // stop. PERMISSION_DENIED. Cost: a fork of Seep, and about 20 µs a thread.
  //
  // SIGKILL of Seep resumes them at once, without a trace. SIGKILL of the guardian, too, except
  // that a thread that was just being stopped in one of the calls of interrupted_call.h may see
  // EINTR.
  static absl::StatusOr<StoppedProcess> Stop(uint32_t pid, std::chrono::nanoseconds max_pause);

  struct Pause {
    double milliseconds = 0;
    bool whole = true;  // false: max_pause was over before Resume
  };
  // Once. The destructor does it, too.
  absl::StatusOr<Pause> Resume();

 private:
  explicit StoppedProcess(Guardian guardian) : guardian_(std::move(guardian)) {}
  Guardian guardian_;
};

}  // namespace seep
