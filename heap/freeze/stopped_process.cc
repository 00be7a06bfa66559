#include "heap/freeze/stopped_process.h"

#include <utility>

#include "base/status_macros.h"
#include "heap/freeze/freezable.h"
#include "heap/freeze/stopped_threads.h"

namespace seep {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

void HoldStill(uint32_t pid, std::chrono::nanoseconds max_pause, GuardianLink& link) {
  absl::StatusOr<StoppedThreads> stopped = StoppedThreads::StopWithin(pid, max_pause);
  if (!stopped.ok()) {
    link.Send(stopped.status());
    return;
  }
  link.Send(GuardianReport{});
  bool released = link.AwaitRelease(stopped->since() + max_pause - FreezeClock::now());
  stopped->Resume();
  link.Send(GuardianReport{
      .pause_ms = Milliseconds(FreezeClock::now() - stopped->since()).count(),
      .by_itself = !released,
  });
}

}  // namespace

absl::StatusOr<StoppedProcess> StoppedProcess::Stop(uint32_t pid,
                                                    std::chrono::nanoseconds max_pause) {
  SEEP_RETURN_IF_ERROR(CheckStoppable(pid));
  SEEP_ASSIGN_OR_RETURN(Guardian guardian, Guardian::Start([=](GuardianLink& link) {
                          HoldStill(pid, max_pause, link);
                        }));
  SEEP_RETURN_IF_ERROR(guardian.Receive().status());
  return StoppedProcess(std::move(guardian));
}

absl::StatusOr<StoppedProcess::Pause> StoppedProcess::Resume() {
  guardian_.Release();
  SEEP_ASSIGN_OR_RETURN(GuardianReport report, guardian_.Receive());
  return Pause{report.pause_ms, !report.by_itself};
}

}  // namespace seep
