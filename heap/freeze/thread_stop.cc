#include "heap/freeze/thread_stop.h"

#include <dirent.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "heap/freeze/interrupted_call.h"
#include "heap/proc_text.h"

namespace seep {
namespace {

constexpr std::chrono::seconds kPatienceWithSleepers{1};

std::string StatusOf(pid_t tid) {
  return ReadFile(absl::StrCat("/proc/", tid, "/status")).value_or("");
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

StoppedThread TakeStop(pid_t tid, int status) {
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
  return thread;
}

bool SleepsUninterruptibly(pid_t tid) {
  return absl::StartsWith(ProcField(StatusOf(tid), "State"), "D");
}

}  // namespace

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

// A main thread that ended before the others stays as a zombie, which cannot be stopped.
bool HasEnded(pid_t tid) {
  std::string state = ProcField(StatusOf(tid), "State");
  return state.empty() || state[0] == 'Z' || state[0] == 'X';
}

absl::Status InterruptThread(pid_t tid) {
  if (ptrace(PTRACE_SEIZE, tid, 0, 0) != 0) {
    int error = errno;
    if (error == ESRCH || HasEnded(tid)) {
      return absl::NotFoundError(absl::StrCat("thread ", tid, ": it has ended"));
    }
    return Refusal(tid, error);
  }
  ptrace(PTRACE_INTERRUPT, tid, 0, 0);
  return absl::OkStatus();
}

ThreadPoll PollThread(pid_t tid) {
  int status = 0;
  // For one, never for any: whoever stops may have other children.
  pid_t changed = waitpid(tid, &status, __WALL | WNOHANG);
  if (changed == 0) return {};
  if (changed == tid && WIFSTOPPED(status)) return {.stopped = TakeStop(tid, status)};
  return {.stopped = std::nullopt, .ended = true};
}

void LetGo(const StoppedThread& thread) {
  ptrace(PTRACE_DETACH, thread.tid, 0, static_cast<long>(thread.signal));
}

void SettleThreads(std::vector<pid_t> interrupted, std::chrono::nanoseconds patience) {
  FreezeClock::time_point now = FreezeClock::now();
  FreezeClock::time_point deadline = now + patience;
  FreezeClock::time_point sleepers_deadline = now + kPatienceWithSleepers;
  while (!interrupted.empty() && (now = FreezeClock::now()) < deadline) {
    std::erase_if(interrupted, [&](pid_t tid) {
      ThreadPoll poll = PollThread(tid);
      if (poll.stopped.has_value()) LetGo(*poll.stopped);
      return poll.stopped.has_value() || poll.ended || HasEnded(tid) ||
             (now > sleepers_deadline && SleepsUninterruptibly(tid));
    });
    if (!interrupted.empty()) usleep(200);
  }
}

std::string DescribeThread(pid_t tid) {
  std::string status = StatusOf(tid);
  std::string call = ReadFile(absl::StrCat("/proc/", tid, "/syscall")).value_or("?");
  return absl::StrCat("thread ", tid, " (", ProcField(status, "Name"), ", state ",
                      ProcField(status, "State"), ", in system call ",
                      call.substr(0, call.find_first_of(" \n")), ")");
}

}  // namespace seep
