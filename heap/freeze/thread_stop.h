// One thread, on its way to a stop by ptrace, and set going again as if nothing had been.
//
//   Interrupt ──► Poll … Poll ──► stopped ──► LetGo
//                   └─► Settle: no longer wanted, and yet waited for
//
// A thread that is let go between Interrupt and its stop (the kernel does it when the tracer ends)
// may see its call fail with EINTR, since only at the stop can that be mended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace seep {

using FreezeClock = std::chrono::steady_clock;

struct StoppedThread {
  pid_t tid = 0;
  int signal = 0;            // that was about to be delivered; it is, when the thread goes on
  bool job_stopped = false;  // by SIGSTOP and the like; it stays so
};

std::vector<pid_t> ThreadsOf(uint32_t pid);

// FAILED_PRECONDITION: it is traced already. NOT_FOUND: it has ended.
absl::Status InterruptThread(pid_t tid);

struct ThreadPoll {
  std::optional<StoppedThread> stopped;
  bool ended = false;
};
// At once. A main thread's end is not told while other threads live: see HasEnded.
ThreadPoll PollThread(pid_t tid);
bool HasEnded(pid_t tid);

void LetGo(const StoppedThread& thread);

// Waits for the stops of threads that were interrupted for nothing, and lets each go at once. For
// at most `patience`; those that sleep uninterruptibly are not in a call that could fail, and are
// left to the kernel a second after the others.
void SettleThreads(std::vector<pid_t> interrupted, std::chrono::nanoseconds patience);

// For an error's text: "thread 7 (worker, state D (disk sleep), in system call 0)".
std::string DescribeThread(pid_t tid);

}  // namespace seep
