// A second process that undoes what the first has done to a target, however the first one ends.
//
//   seep ──fork──► watcher, a session of its own: waits for the end of a pipe
//     │ writes the target's word                    │
//     │ done, Ctrl-C, SIGKILL: the pipe closes ───► restores, ends with 0 or 1
//
// It is the only one that restores, so that there is one path to test, and takes no signal that is
// meant for seep's group.
#pragma once

#include <sys/types.h>

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace seep {

class RestoreWatcher {
 public:
  // To be called before anything is changed, in a program of one thread. RESOURCE_EXHAUSTED: no
  // pipe, or no process.
  static absl::StatusOr<RestoreWatcher> Start(std::function<absl::Status()> restore);

  RestoreWatcher(RestoreWatcher&& other) noexcept;
  RestoreWatcher& operator=(RestoreWatcher&&) = delete;
  ~RestoreWatcher();

  // Once: has it restore now, and waits for that. Where somebody has killed it, restores itself.
  // The watcher itself says what went wrong.
  bool Restore();

 private:
  RestoreWatcher(pid_t pid, int pipe, std::function<absl::Status()> restore);

  pid_t pid_;
  int pipe_;  // its writing end; -1: restored
  std::function<absl::Status()> restore_;
};

}  // namespace seep
