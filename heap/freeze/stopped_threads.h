// All threads of a process, stopped by ptrace without a signal, and set going again as if nothing
// had been. Whoever stops must also resume: ptrace belongs to a thread, and when that thread ends,
// however it ends, the kernel resumes everything.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace seep {

using FreezeClock = std::chrono::steady_clock;

struct StoppedThread {
  pid_t tid = 0;
  int signal = 0;            // that was about to be delivered; it is, when the thread goes on
  bool job_stopped = false;  // by SIGSTOP and the like; it stays so
};

class StoppedThreads {
 public:
  // Also threads that appear meanwhile. DEADLINE_EXCEEDED: a thread (named) has not stopped by
  // then; all are resumed. FAILED_PRECONDITION: it is traced already. NOT_FOUND: it has ended.
  // Cost: about 20 µs a thread, as long as none sleeps uninterruptibly.
  static absl::StatusOr<StoppedThreads> Stop(uint32_t pid, FreezeClock::time_point deadline);

  StoppedThreads(StoppedThreads&& other) noexcept;
  StoppedThreads& operator=(StoppedThreads&&) = delete;
  ~StoppedThreads() { Resume(); }

  const std::vector<StoppedThread>& threads() const { return stopped_; }

  // Of the first stop.
  FreezeClock::time_point since() const { return since_; }

  void Resume();

 private:
  explicit StoppedThreads(uint32_t pid) : pid_(pid), since_(FreezeClock::now()) {}
  absl::Status SeizeNew(bool* any);
  absl::Status AwaitStops(FreezeClock::time_point deadline);
  bool Knows(pid_t tid) const;
  void TakeStop(pid_t tid, int status);

  uint32_t pid_;
  FreezeClock::time_point since_;
  std::vector<pid_t> seized_;  // and not seen to stop yet
  std::vector<StoppedThread> stopped_;
};

}  // namespace seep
