#include "heap/freeze/call_in_thread.h"

#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace seep {
namespace {

constexpr uint64_t kStackToSpare = 16 << 10;
constexpr uint64_t kUserCode64 = 0x33;  // cs of 64-bit programs
constexpr size_t kLargestVectors = 16 << 10;

// A stop inside of the call; anything else within this time is left to the thread's own way back.
constexpr std::chrono::seconds kPatience{30};

constexpr std::chrono::milliseconds kPatienceWithOne{20};

absl::Status Failed(pid_t tid, std::string_view what) {
  return FileError(absl::StrCat("thread ", tid), what, errno);
}

bool TransferStack(pid_t tid, const SelfRestoringCall& call, std::vector<uint8_t>* bytes,
                   decltype(process_vm_readv)* transfer) {
  iovec local{bytes->data(), bytes->size()};
  iovec remote{reinterpret_cast<void*>(call.at.value()), bytes->size()};
  return transfer(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes->size());
}

// A restartable sequence that is interrupted by other code loses its protection.
bool InRestartableSequence(pid_t tid) {
  __ptrace_rseq_configuration rseq{};
  if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, sizeof(rseq), &rseq) < 0) return false;
  if (rseq.rseq_abi_pointer == 0) return false;
  errno = 0;
  long section = ptrace(PTRACE_PEEKDATA, tid, rseq.rseq_abi_pointer + 8, 0);
  return section != 0 || errno != 0;
}

absl::StatusOr<ThreadState> ReadState(pid_t tid) {
  ThreadState state;
  if (ptrace(PTRACE_GETREGS, tid, 0, &state.registers) != 0 ||
      ptrace(PTRACE_GETSIGMASK, tid, sizeof(state.signal_mask), &state.signal_mask) != 0) {
    return Failed(tid, "cannot read its registers");
  }
  state.vectors.resize(kLargestVectors);
  iovec room{state.vectors.data(), state.vectors.size()};
  if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &room) != 0 || room.iov_len < 576) {
    return Failed(tid, "cannot read its vector registers");
  }
  state.vectors.resize(room.iov_len);
  return state;
}

// The status of its next stop.
absl::StatusOr<int> AwaitStop(pid_t tid) {
  FreezeClock::time_point deadline = FreezeClock::now() + kPatience;
  while (FreezeClock::now() < deadline) {
    int status = 0;
    pid_t changed = waitpid(tid, &status, __WALL | WNOHANG);
    if (changed == tid && WIFSTOPPED(status)) return status;
    if (changed != 0) return absl::AbortedError(absl::StrCat("thread ", tid, ": it has ended"));
    usleep(20);
  }
  return absl::DeadlineExceededError(absl::StrCat("thread ", tid, ": no answer to a system call"));
}

// From the syscall instruction on, up to the stop right after the call.
absl::StatusOr<CallResult> RunCall(pid_t tid) {
  CallResult result;
  for (int syscall_stops = 0; syscall_stops < 2;) {
    if (ptrace(PTRACE_SYSCALL, tid, 0, 0) != 0) return Failed(tid, "cannot make a system call");
    SEEP_ASSIGN_OR_RETURN(int status, AwaitStop(tid));
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_CLONE << 8)) {
      unsigned long child = 0;
      ptrace(PTRACE_GETEVENTMSG, tid, 0, &child);
      result.child = static_cast<pid_t>(child);
    }
    syscall_stops += WSTOPSIG(status) == (SIGTRAP | 0x80);
  }
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, tid, 0, &registers) != 0) return Failed(tid, "cannot see the result");
  result.value = static_cast<long>(registers.rax);
  return result;
}

// To a stop like the one before the call, from which the kernel makes interrupted calls again: at
// the stop after a system call it would hand their −512 to the program.
absl::Status ReachEventStop(pid_t tid) {
  ptrace(PTRACE_INTERRUPT, tid, 0, 0);
  if (ptrace(PTRACE_CONT, tid, 0, 0) != 0) return Failed(tid, "cannot go on after a system call");
  return AwaitStop(tid).status();
}

// Of a stopped thread, to make a call.
enum class Fitness { kNone, kInOwnCode, kInCall };

Fitness FitnessOf(const StoppedThread& thread, const std::vector<Mapping>& maps) {
  user_regs_struct registers{};
  if (thread.signal != 0 || thread.job_stopped ||
      ptrace(PTRACE_GETREGS, thread.tid, 0, &registers) != 0) {
    return Fitness::kNone;
  }
  Address top(registers.rsp);
  const Mapping* stack = FindMapping(maps, top);
  bool room = stack != nullptr && stack->writable && !stack->shared &&
              top - stack->range.begin >= kStackToSpare + kLargestVectors;
  if (!room || registers.cs != kUserCode64 || InRestartableSequence(thread.tid)) {
    return Fitness::kNone;
  }
  return static_cast<long>(registers.orig_rax) >= 0 ? Fitness::kInCall : Fitness::kInOwnCode;
}

// Waits for the stop of one thread for a short time: others may be sooner.
ThreadPoll AwaitThread(pid_t tid, FreezeClock::time_point deadline) {
  ThreadPoll poll = PollThread(tid);
  while (!poll.stopped.has_value() && !poll.ended && FreezeClock::now() < deadline) {
    usleep(20);
    poll = PollThread(tid);
  }
  return poll;
}

bool HasEndedWholly(uint32_t pid) { return std::ranges::all_of(ThreadsOf(pid), HasEnded); }

// One round over the threads. Nothing: none could.
std::optional<absl::StatusOr<CallResult>> TryThreads(uint32_t pid, const std::vector<Mapping>& maps,
                                                     const CodeFragments& code,
                                                     const RemoteCall& call,
                                                     std::vector<pid_t>* late) {
  for (pid_t tid : ThreadsOf(pid)) {
    if (std::ranges::count(*late, tid) == 0 && !InterruptThread(tid).ok()) continue;
    std::erase(*late, tid);
    ThreadPoll poll = AwaitThread(tid, FreezeClock::now() + kPatienceWithOne);
    if (!poll.stopped.has_value()) {
      if (!poll.ended) late->push_back(tid);
      continue;
    }
    bool fit = FitnessOf(*poll.stopped, maps) != Fitness::kNone;
    absl::StatusOr<CallResult> result;
    if (fit) result = CallInThread(tid, code, call);
    LetGo(*poll.stopped);
    if (fit) return result;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<pid_t> ChooseThread(const StoppedThreads& threads,
                                   const std::vector<Mapping>& maps) {
  pid_t second_choice = 0;
  for (const StoppedThread& thread : threads.threads()) {
    Fitness fitness = FitnessOf(thread, maps);
    if (fitness == Fitness::kInCall) return thread.tid;
    if (fitness == Fitness::kInOwnCode) second_choice = thread.tid;
  }
  if (second_choice != 0) return second_choice;
  return absl::FailedPreconditionError(
      "no thread can make a system call for Seep now (signals pending, or little stack left); try "
      "again, or use --consistency stop");
}

absl::StatusOr<CallResult> CallInThread(pid_t tid, const CodeFragments& code,
                                        const RemoteCall& call) {
  SEEP_ASSIGN_OR_RETURN(ThreadState state, ReadState(tid));
  SelfRestoringCall built = BuildSelfRestoringCall(state, code, call);
  std::vector<uint8_t> before(built.bytes.size());
  if (!TransferStack(tid, built, &before, process_vm_readv) ||
      !TransferStack(tid, built, &built.bytes, process_vm_writev)) {
    return Failed(tid, "cannot use its stack");
  }
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
  if (ptrace(PTRACE_SETOPTIONS, tid, 0, kOptions) != 0) return Failed(tid, "cannot be traced");

  // The order matters: after each of these steps, the thread alone would come back unharmed.
  if (ptrace(PTRACE_SETREGS, tid, 0, &built.start) != 0) return Failed(tid, "cannot be prepared");
  uint64_t all_signals = ~uint64_t{0};
  ptrace(PTRACE_SETSIGMASK, tid, sizeof(all_signals), &all_signals);
  SEEP_ASSIGN_OR_RETURN(CallResult result, RunCall(tid));
  SEEP_RETURN_IF_ERROR(ReachEventStop(tid));
  ptrace(PTRACE_SETSIGMASK, tid, sizeof(state.signal_mask), &state.signal_mask);
  ptrace(PTRACE_SETREGS, tid, 0, &state.registers);
  TransferStack(tid, built, &before, process_vm_writev);
  ptrace(PTRACE_SETOPTIONS, tid, 0, 0);
  return result;
}

absl::StatusOr<CallResult> CallInAnyThread(uint32_t pid, const std::vector<Mapping>& maps,
                                           const CodeFragments& code, const RemoteCall& call,
                                           FreezeClock::time_point deadline) {
  std::vector<pid_t> late;  // interrupted, and left behind for a thread that stops sooner
  std::optional<absl::StatusOr<CallResult>> result;
  while (!result.has_value() && FreezeClock::now() < deadline && !HasEndedWholly(pid)) {
    result = TryThreads(pid, maps, code, call, &late);
    if (!result.has_value()) usleep(1000);
  }
  SettleThreads(std::move(late), deadline - FreezeClock::now());
  if (result.has_value()) return *result;
  if (HasEndedWholly(pid)) {
    return absl::NotFoundError(absl::StrCat("process ", pid, ": it has ended"));
  }
  return absl::DeadlineExceededError(
      absl::StrCat("process ", pid, ": no thread can make a system call for Seep"));
}

}  // namespace seep
