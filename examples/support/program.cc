#include "examples/support/program.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace examples {
namespace {

constexpr uint64_t kLongestRun = uint64_t{7} * 24 * 3600;  // Seconds.

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

timespec ToTimespec(Program::Clock::duration duration) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(duration - seconds);
  return {.tv_sec = seconds.count(), .tv_nsec = rest.count()};
}

}  // namespace

Program::Program(std::string name, std::string summary)
    : name_(std::move(name)), flags_(std::move(summary)) {
  flags_.Add("seconds", &seconds_, "end after this long (default 600, at most a week)");
  flags_.Add("truth", &truth_path_, "keep the counters of the truth in this file");
  flags_.Add("print-truth", &print_truth_path_, "print a truth file as JSON and end");
}

std::optional<int> Program::Start(int argc, char** argv) {
  if (std::optional<int> exit_status = flags_.Parse(argc, argv)) return exit_status;
  if (!print_truth_path_.empty()) {
    truth_ = Truth::Open(print_truth_path_);
    if (truth_ == nullptr) return 1;
    PrintTruth();
    return 0;
  }
  truth_ = Truth::Create(name_, truth_path_);
  if (truth_ == nullptr) return 1;
  sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  end_ = Clock::now() + std::chrono::seconds(std::min(seconds_, kLongestRun));
  return std::nullopt;
}

bool Program::RunUntil(Clock::time_point when) {
  const sigset_t signals = StopSignals();
  while (true) {
    Clock::time_point now = Clock::now();
    timespec wait = ToTimespec(std::max(Clock::duration::zero(), std::min(when, end_) - now));
    if (sigtimedwait(&signals, nullptr, &wait) >= 0) {
      end_ = now;
      return false;
    }
    // EINTR: a debugger or profiler stopped us for a moment; only the clock decides.
    if (errno == EAGAIN && now >= end_) return false;
    if (errno == EAGAIN && now >= when) return true;
  }
}

void Program::PrintTruth() const {
  printf("%s\n", truth_->ToJson().c_str());
  fflush(stdout);
}

}  // namespace examples
