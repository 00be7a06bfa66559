// A process beside Seep that stops, copies and resumes, so that what it has begun is finished even
// if Seep is killed in the middle: it notices that the connection has ended, puts everything back,
// and ends. It is in a session of its own, where no Ctrl-C or kill of a process group reaches it.
//
//   seep ──── fork ───► guardian ──── ptrace ───► target
//     ◄── reports ────────┘
//
// If the guardian itself is killed, the kernel resumes all threads at once; what that can do is
// said at StoppedProcess and ForkedCopy.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace seep {

// What the guardian has to say after each of its steps.
struct GuardianReport {
  double pause_ms = 0;     // how long threads stood still
  bool by_itself = false;  // it went on to this step before it was told to
  pid_t copy = 0;          // of the target
};

// The guardian's end of the connection.
class GuardianLink {
 public:
  explicit GuardianLink(int fd) : fd_(fd) {}
  void Send(const absl::StatusOr<GuardianReport>& report);
  // True: Seep wants the next step, or has ended. False: `patience` has passed first.
  bool AwaitRelease(std::chrono::nanoseconds patience);

 private:
  int fd_;
};

class Guardian {
 public:
  // Runs `work` in the new process. It must not throw, and allocates as little as it can: Seep may
  // have more than one thread.
  static absl::StatusOr<Guardian> Start(const std::function<void(GuardianLink&)>& work);

  Guardian(Guardian&& other) noexcept;
  Guardian& operator=(Guardian&&) = delete;
  // Releases it and waits for its end.
  ~Guardian();

  // Waits for its next report. ABORTED: it has ended without one.
  absl::StatusOr<GuardianReport> Receive();
  void Release();

 private:
  Guardian(pid_t pid, UniqueFd link) : pid_(pid), link_(std::move(link)) {}
  pid_t pid_;
  UniqueFd link_;
};

}  // namespace seep
