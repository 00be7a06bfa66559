#include "heap/freeze/forked_copy.h"

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/freeze/call_in_thread.h"
#include "heap/freeze/freezable.h"
#include "heap/freeze/left_copies.h"
#include "heap/freeze/stopped_threads.h"
#include "heap/page_map.h"
#include "heap/process_memory.h"
#include "heap/resident_memory.h"

namespace seep {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
constexpr std::chrono::seconds kLongestCollection{30};
constexpr std::chrono::milliseconds kWatchEvery{50};  // the headroom

// All that can be known before anything stands still.
struct Plan {
  uint32_t pid;
  std::vector<Mapping> maps;
  CodeFragments code;
  CopyPrice price;
  std::vector<pid_t> left;  // copies of others, to be waited for
};

absl::StatusOr<Plan> MakePlan(uint32_t pid, const ForkedCopyOptions& options) {
  SEEP_RETURN_IF_ERROR(CheckCopyable(pid));
  SEEP_ASSIGN_OR_RETURN(CopyPrice price, PriceOfCopy(pid));
  SEEP_RETURN_IF_ERROR(CheckPrice(price, HeadroomOf(pid), options.max_pause));
  SEEP_ASSIGN_OR_RETURN(ProcessMemory process, ProcessMemory::Open(pid));
  SEEP_ASSIGN_OR_RETURN(PageMap pages, PageMap::Open(pid));
  SEEP_ASSIGN_OR_RETURN(std::vector<Mapping> maps, ReadMaps(pid));
  // Code that is not in memory is read from its file, not into the process.
  ResidentMemory memory(pid, process, std::move(pages), maps, false);
  SEEP_ASSIGN_OR_RETURN(CodeFragments code, FindCodeFragments(memory, maps));
  return Plan{pid, std::move(maps), code, price, LeftCopies(pid)};
}

RemoteCall CallToWaitFor(pid_t copy) {
  return {.number = SYS_wait4, .arguments = {static_cast<uint64_t>(copy), 0, __WALL | WNOHANG, 0}};
}

// The copy, which stands still.
absl::StatusOr<pid_t> CloneInThread(const StoppedThreads& threads, const Plan& plan) {
  SEEP_ASSIGN_OR_RETURN(pid_t tid, ChooseThread(threads, plan.maps));
  for (pid_t left : plan.left) {
    (void)CallInThread(tid, plan.code, CallToWaitFor(left));  // ECHILD: somebody was faster
  }
  RemoteCall clone{.number = SYS_clone,
                   .arguments = {CLONE_FILES | CLONE_FS, 0, 0, 0},
                   .second_is_child_stack = true};
  SEEP_ASSIGN_OR_RETURN(CallResult result, CallInThread(tid, plan.code, clone));
  if (result.child != 0) return result.child;
  return FileError(absl::StrCat("process ", plan.pid), "cannot be copied (clone)",
                   static_cast<int>(-result.value));
}

// It must end with us, and if memory runs out, it goes first.
void Secure(pid_t copy) {
  while (waitpid(copy, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  std::ofstream(absl::StrCat("/proc/", copy, "/oom_score_adj")) << 1000;
  ptrace(PTRACE_SETOPTIONS, copy, 0, PTRACE_O_EXITKILL);
}

// Returns for how long, at most, a thread stood still to collect it.
absl::StatusOr<double> TakeAway(const Plan& plan, pid_t copy) {
  kill(copy, SIGKILL);
  while (waitpid(copy, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  FreezeClock::time_point start = FreezeClock::now();
  absl::StatusOr<CallResult> collected = CallInAnyThread(
      plan.pid, plan.maps, plan.code, CallToWaitFor(copy), start + kLongestCollection);
  // The process has ended, and the copy with it.
  if (absl::IsNotFound(collected.status())) return 0.0;
  if (!collected.ok()) return collected.status();
  return Milliseconds(FreezeClock::now() - start).count();
}

// Until Seep has read it, or memory runs out. True: the latter.
bool Watch(const Plan& plan, GuardianLink& link) {
  while (!link.AwaitRelease(kWatchEvery)) {
    if (HeadroomOf(plan.pid).bytes < LeastHeadroom(plan.price)) return true;
  }
  return false;
}

void HoldCopy(const Plan& plan, std::chrono::nanoseconds max_pause, GuardianLink& link) {
  absl::StatusOr<StoppedThreads> threads = StoppedThreads::StopWithin(plan.pid, max_pause);
  if (!threads.ok()) return link.Send(threads.status());
  absl::StatusOr<pid_t> copy = CloneInThread(*threads, plan);
  threads->Resume();
  auto pause = Milliseconds(FreezeClock::now() - threads->since()).count();
  if (!copy.ok()) return link.Send(copy.status());
  Secure(*copy);
  link.Send(GuardianReport{.pause_ms = pause, .copy = *copy});
  bool given_up = Watch(plan, link);
  absl::StatusOr<double> second = TakeAway(plan, *copy);
  if (!second.ok()) return link.Send(second.status());
  link.Send(GuardianReport{.pause_ms = *second, .by_itself = given_up});
}

}  // namespace

absl::StatusOr<ForkedCopy> ForkedCopy::Fork(uint32_t pid, const ForkedCopyOptions& options) {
  SEEP_ASSIGN_OR_RETURN(Plan plan, MakePlan(pid, options));
  SEEP_ASSIGN_OR_RETURN(Guardian guardian, Guardian::Start([&](GuardianLink& link) {
                          HoldCopy(plan, options.max_pause, link);
                        }));
  SEEP_ASSIGN_OR_RETURN(GuardianReport report, guardian.Receive());
  return ForkedCopy(std::move(guardian), report, plan.price);
}

absl::StatusOr<double> ForkedCopy::Close() {
  guardian_.Release();
  SEEP_ASSIGN_OR_RETURN(GuardianReport report, guardian_.Receive());
  if (report.by_itself) {
    return absl::ResourceExhaustedError(
        "the copy of the process was given up, since memory was running out");
  }
  return report.pause_ms;
}

}  // namespace seep
