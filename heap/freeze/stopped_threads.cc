#include "heap/freeze/stopped_threads.h"

#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace seep {
namespace {

constexpr std::chrono::seconds kPatienceWithLateOnes{30};
constexpr int kTries = 3;

}  // namespace

absl::StatusOr<StoppedThreads> StoppedThreads::Stop(uint32_t pid,
                                                    FreezeClock::time_point deadline) {
  StoppedThreads all(pid);
  // A running thread can start another until the last has stopped, so: once more until none is new.
  for (bool any = true; any;) {
    absl::Status interrupted = all.InterruptNew(&any);
    // Also after an error: a thread that is let go before it has stopped may see EINTR.
    SEEP_RETURN_IF_ERROR(all.AwaitStops(deadline));
    SEEP_RETURN_IF_ERROR(interrupted);
  }
  if (all.stopped_.empty()) {
    return absl::NotFoundError(absl::StrCat("process ", pid, ": it has ended"));
  }
  return all;
}

absl::StatusOr<StoppedThreads> StoppedThreads::StopWithin(uint32_t pid,
                                                          std::chrono::nanoseconds max_pause) {
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<StoppedThreads> all = Stop(pid, FreezeClock::now() + max_pause);
    if (attempt == kTries || !absl::IsDeadlineExceeded(all.status())) return all;
    std::this_thread::sleep_for(max_pause);
  }
}

StoppedThreads::StoppedThreads(StoppedThreads&& other) noexcept
    : pid_(other.pid_),
      since_(other.since_),
      interrupted_(std::exchange(other.interrupted_, {})),
      stopped_(std::exchange(other.stopped_, {})) {}

bool StoppedThreads::Knows(pid_t tid) const {
  return std::ranges::find(stopped_, tid, &StoppedThread::tid) != stopped_.end();
}

absl::Status StoppedThreads::InterruptNew(bool* any) {
  *any = false;
  for (pid_t tid : ThreadsOf(pid_)) {
    if (Knows(tid)) continue;
    absl::Status status = InterruptThread(tid);
    if (absl::IsNotFound(status)) continue;
    SEEP_RETURN_IF_ERROR(status);
    interrupted_.push_back(tid);
    *any = true;
  }
  return absl::OkStatus();
}

absl::Status StoppedThreads::AwaitStops(FreezeClock::time_point deadline) {
  for (unsigned turn = 1; !interrupted_.empty(); ++turn) {
    std::erase_if(interrupted_, [this, turn](pid_t tid) {
      ThreadPoll poll = PollThread(tid);
      if (poll.stopped.has_value()) stopped_.push_back(*poll.stopped);
      return poll.stopped.has_value() || poll.ended || (turn % 64 == 0 && HasEnded(tid));
    });
    if (interrupted_.empty()) break;
    if (FreezeClock::now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          DescribeThread(interrupted_.front()),
          " did not stop in time; all threads run again. It may wait for a disk, for a child of "
          "vfork, or for a processor; a longer --max-pause may help"));
    }
    usleep(20);
  }
  return absl::OkStatus();
}

void StoppedThreads::Resume() {
  for (const StoppedThread& thread : stopped_) LetGo(thread);
  stopped_.clear();
  SettleThreads(std::exchange(interrupted_, {}), kPatienceWithLateOnes);
}

}  // namespace seep
