// All threads of a process, stopped by ptrace without a signal, and set going again as if nothing
// had been. Whoever stops must also resume: ptrace belongs to a thread, and when that thread ends,
// however it ends, the kernel resumes everything.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "heap/freeze/thread_stop.h"

namespace seep {

class StoppedThreads {
 public:
  // Also threads that appear meanwhile. DEADLINE_EXCEEDED: a thread (named) has not stopped by
  // then; all are resumed, and the late ones waited for (see SettleThreads), for up to 30 s.
  // FAILED_PRECONDITION: it is traced already. NOT_FOUND: it has ended.
  // Cost: about 20 µs a thread, as long as none sleeps uninterruptibly.
  static absl::StatusOr<StoppedThreads> Stop(uint32_t pid, FreezeClock::time_point deadline);

  // Up to three tries, each within `max_pause`, with a pause between them as long as the try was: a
  // thread may have been late by chance.
  static absl::StatusOr<StoppedThreads> StopWithin(uint32_t pid,
                                                   std::chrono::nanoseconds max_pause);

  StoppedThreads(StoppedThreads&& other) noexcept;
  StoppedThreads& operator=(StoppedThreads&&) = delete;
  ~StoppedThreads() { Resume(); }

  const std::vector<StoppedThread>& threads() const { return stopped_; }

  // Of the first stop.
  FreezeClock::time_point since() const { return since_; }

  void Resume();

 private:
  explicit StoppedThreads(uint32_t pid) : pid_(pid), since_(FreezeClock::now()) {}
  absl::Status InterruptNew(bool* any);
  absl::Status AwaitStops(FreezeClock::time_point deadline);
  bool Knows(pid_t tid) const;

  uint32_t pid_;
  FreezeClock::time_point since_;
  std::vector<pid_t> interrupted_;  // and not seen to stop yet
  std::vector<StoppedThread> stopped_;
};

}  // namespace seep
