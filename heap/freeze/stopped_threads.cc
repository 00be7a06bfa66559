#include "heap/freeze/stopped_threads.h"

#include <dirent.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/freeze/interrupted_call.h"
#include "heap/proc_text.h"

namespace seep {
namespace {

std::vector<pid_t> ThreadsOf(uint32_t pid) {
  std::vector<pid_t> threads;
  std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir(absl::StrCat("/proc/", pid, "/task").c_str()),
                                            closedir);
  while (const dirent* entry = tasks == nullptr ? nullptr : readdir(tasks.get())) {
    pid_t tid = 0;
    if (absl::SimpleAtoi(entry->d_name, &tid)) threads.push_back(tid);
  }
  return threads;
}

std::string StatusOf(pid_t tid) {
  return ReadFile(absl::StrCat("/proc/", tid, "/status")).value_or("");
}

// A main thread that ended before the others stays as a zombie, which cannot be stopped.
bool HasEnded(pid_t tid) {
  std::string state = ProcField(StatusOf(tid), "State");
  return state.empty() || state[0] == 'Z' || state[0] == 'X';
}

absl::Status Refusal(pid_t tid, int error) {
  std::string status = StatusOf(tid);
  std::string tracer = ProcField(status, "TracerPid");
  std::string name = absl::StrCat("thread ", tid, " (", ProcField(status, "Name"), ")");
  if (!tracer.empty() && tracer != "0") {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " is traced by process ", tracer, " (a debugger, strace?)"));
  }
  return FileError(name, "cannot be stopped by ptrace", error);
}

absl::Status Late(pid_t tid) {
  std::string status = StatusOf(tid);
  return absl::DeadlineExceededError(absl::StrCat(
      "thread ", tid, " (", ProcField(status, "Name"), ", state ", ProcField(status, "State"),
      ", in system call ",
      ReadFile(absl::StrCat("/proc/", tid, "/syscall")).value_or("?").substr(0, 4),
      ") did not stop in time; all threads run again. It may wait for a disk, or for a "
      "child of vfork; a longer --max-pause may help"));
}

}  // namespace

absl::StatusOr<StoppedThreads> StoppedThreads::Stop(uint32_t pid,
                                                    FreezeClock::time_point deadline) {
  StoppedThreads all(pid);
  // A running thread can start another until the last has stopped, so: once more until none is new.
  for (bool any = true; any;) {
    absl::Status seized = all.SeizeNew(&any);
    // Also after an error: a thread that is let go before it has stopped may see EINTR.
    SEEP_RETURN_IF_ERROR(all.AwaitStops(deadline));
    SEEP_RETURN_IF_ERROR(seized);
  }
  if (all.stopped_.empty()) {
    return absl::NotFoundError(absl::StrCat("process ", pid, ": it has ended"));
  }
  return all;
}

StoppedThreads::StoppedThreads(StoppedThreads&& other) noexcept
    : pid_(other.pid_),
      since_(other.since_),
      seized_(std::exchange(other.seized_, {})),
      stopped_(std::exchange(other.stopped_, {})) {}

bool StoppedThreads::Knows(pid_t tid) const {
  return std::ranges::find(stopped_, tid, &StoppedThread::tid) != stopped_.end();
}

absl::Status StoppedThreads::SeizeNew(bool* any) {
  *any = false;
  for (pid_t tid : ThreadsOf(pid_)) {
    if (Knows(tid)) continue;
    if (ptrace(PTRACE_SEIZE, tid, 0, 0) != 0) {
      int error = errno;
      if (error == ESRCH || HasEnded(tid)) continue;
      return Refusal(tid, error);
    }
    ptrace(PTRACE_INTERRUPT, tid, 0, 0);
    seized_.push_back(tid);
    *any = true;
  }
  return absl::OkStatus();
}

absl::Status StoppedThreads::AwaitStops(FreezeClock::time_point deadline) {
  for (unsigned turn = 1; !seized_.empty(); ++turn) {
    // waitpid for one, never for any: whoever stops may have other children.
    std::erase_if(seized_, [this, turn](pid_t tid) {
      int status = 0;
      pid_t changed = waitpid(tid, &status, __WALL | WNOHANG);
      if (changed == tid && WIFSTOPPED(status)) TakeStop(tid, status);
      // The end of a main thread is not reported while others live.
      return changed != 0 || (turn % 64 == 0 && HasEnded(tid));
    });
    if (seized_.empty()) break;
    if (FreezeClock::now() > deadline) return Late(seized_.front());
    usleep(20);
  }
  return absl::OkStatus();
}

void StoppedThreads::TakeStop(pid_t tid, int status) {
  StoppedThread thread{.tid = tid};
  bool by_us = status >> 16 == PTRACE_EVENT_STOP;
  thread.job_stopped = by_us && WSTOPSIG(status) != SIGTRAP;
  if (!by_us) thread.signal = WSTOPSIG(status);
  // Also where a signal is about to be delivered: while a thread is traced, even one that it
  // ignores interrupts its call.
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, tid, 0, &registers) == 0 && RestartInterruptedCall(&registers)) {
    ptrace(PTRACE_SETREGS, tid, 0, &registers);
  }
  stopped_.push_back(thread);
}

void StoppedThreads::Resume() {
  // What did not stop in time is left to the kernel: it cannot be detached while it runs, but is
  // when the tracer ends.
  for (const StoppedThread& thread : stopped_) {
    ptrace(PTRACE_DETACH, thread.tid, 0, static_cast<long>(thread.signal));
  }
  stopped_.clear();
}

}  // namespace seep
