// seep sampling: call sites of a program that already runs, by switching on what its allocator has
// built in, or by changing the rate of a program that was started with Seep.
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/restore_watcher.h"
#include "cli/size_option.h"
#include "cli/target.h"
#include "heap/memory_use.h"
#include "heap/sampling_switch.h"
#include "report/format.h"

namespace seep {
namespace {

struct SamplingOptions {
  std::string state;  // on or off
  std::string pid;
  std::string interval = "512KiB";
  std::string duration;  // empty: for good
};

// Up to gperftools 2.10 a sample whose call stack finds no memory hands the program a wrong pointer
// (DoSampledAllocation, fixed in 2.11): not near a limit that makes allocations fail.
absl::Status CheckRoom(uint32_t pid) {
  MemoryUse use = ReadMemoryUse(pid);
  if (!use.rss.has_value() || !use.limit.has_value()) return absl::OkStatus();
  if (static_cast<double>(*use.rss) <= 0.9 * static_cast<double>(*use.limit)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "its memory, ", FormatBytes(static_cast<double>(*use.rss)),
      ", is more than 90 % of its limit, ", FormatBytes(static_cast<double>(*use.limit)),
      ": a sample costs 8 KiB, and tcmalloc up to 2.10 breaks if there is none left"));
}

std::string Interval(uint64_t bytes) {
  return bytes == 0 ? "off" : absl::StrCat("one sample in ", FormatInterval(bytes));
}

void SayWhatToExpect(const SamplingOptions& options, const SamplingSwitch& found) {
  if (found.is_prepared()) {
    Say("the program takes it up at its next sample, or 4 MiB later");
    return;
  }
  Say("wait: each thread of it looks at the flag once it has allocated 16 MiB more; what is live "
      "already has no call site");
  Say("price: 8 KiB for each live sample, and a stack walk for each new one: about 10 µs with "
      "tcmalloc up to 2.10, whose libunwind asks the loader's lock for every frame");
  Say(absl::StrCat("then: seep report ", options.pid, "    classes with call sites"));
}

// Signals that end seep are only noted, so that it can put back first what it has changed.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }

  // The signal that came within a second, or 0.
  int WaitOneSecond() const {
    timespec second{1, 0};
    int signal = sigtimedwait(&signals_, nullptr, &second);
    return signal > 0 ? signal : 0;
  }

 private:
  sigset_t signals_;
};

// Returns the signal that ended the wait early, or 0.
int WaitFor(std::chrono::seconds duration, const EndSignals& signals) {
  ProgressLine progress("sampling (Ctrl-C: the flag is put back)");
  auto total = static_cast<size_t>(duration.count());
  for (size_t second = 0; second < total; ++second) {
    progress.Show(second, total);
    if (int signal = signals.WaitOneSecond()) return signal;
  }
  return 0;
}

int SampleFor(std::chrono::seconds duration, uint64_t interval, const SamplingSwitch& found) {
  EndSignals signals;
  absl::StatusOr<RestoreWatcher> watcher =
      RestoreWatcher::Start([&] { return found.Restore(interval); });
  absl::Status set = watcher.status();
  if (set.ok()) set = found.Set(interval);
  if (!set.ok()) {
    SayError(set);
    return kExitNotMeasured;
  }
  int signal = WaitFor(duration, signals);
  if (!watcher->Restore()) return kExitNotMeasured;
  Say(absl::StrCat("put back as found: ", Interval(found.found())));
  return signal == 0 ? int{kExitOk} : 128 + signal;
}

int Sampling(const SamplingOptions& options) {
  bool on = options.state == "on";
  std::optional<uint32_t> pid = AsPid(options.pid);
  if (!pid.has_value()) {
    Say(absl::StrCat("not a process: ", options.pid));
    return kExitUsage;
  }
  uint64_t interval = on ? *ParseSize(options.interval) : 0;
  absl::Status room = on ? CheckRoom(*pid) : absl::OkStatus();
  absl::StatusOr<SamplingSwitch> found = SamplingSwitch::Find(*pid);
  absl::Status status = found.ok() ? room : found.status();
  if (!status.ok()) {
    SayError(status);
    return kExitNotMeasured;
  }
  Say(absl::StrCat(found->description(), ": ", Interval(found->found()), ", now ",
                   Interval(interval)));
  if (on) SayWhatToExpect(options, *found);
  if (!options.duration.empty()) {
    return SampleFor(*ParseDuration(options.duration), interval, *found);
  }
  status = found->Set(interval);
  if (!status.ok()) SayError(status);
  return status.ok() ? kExitOk : kExitNotMeasured;
}

std::string CheckInterval(const std::string& text) {
  return ParseSize(text).value_or(0) > 0 ? "" : absl::StrCat("not a size: '", text, "'");
}

std::string CheckDuration(const std::string& text) {
  return ParseDuration(text) ? "" : absl::StrCat("not a duration: '", text, "' (write 90s or 10m)");
}

constexpr char kFooter[] = R"(Examples:
  seep sampling on 1234 --for 10m          for ten minutes; then as it was, also if seep is killed
  seep sampling on 1234 --interval 64KiB   until switched off: finer, and dearer
  seep sampling off 1234

Eight bytes are written to the process: the flag of its tcmalloc (gperftools, not the minimal build),
or the control word of its recording if it was started with Seep. No thread is stopped.)";

}  // namespace

void AddSamplingCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command =
      app.add_subcommand("sampling", "switch the sampling of call sites in a running process");
  auto options = std::make_shared<SamplingOptions>();
  command->add_option("state", options->state, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  command->add_option("pid", options->pid, "the process")->required();
  command->add_option("--interval", options->interval, "mean bytes between samples")
      ->check(CheckInterval)
      ->capture_default_str();
  command->add_option("--for", options->duration, "and put it back after so long: 90s, 10m, 2h")
      ->check(CheckDuration);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Sampling(*options); }; });
}

}  // namespace seep
