// A copy of a process that never runs: made by a clone() call in the process itself, it holds the
// memory of one moment while the process goes on.
//
//   stop all threads → clone in one of them → resume all → read the copy → kill it → wait for it
//
// The pause is that of copying page tables. The process sees no child (exit signal 0: no SIGCHLD,
// and wait calls skip it), and no descriptor is held (CLONE_FILES shares the table). Someone has to
// wait for the dead copy, and only the process may: a second call in it, wait4, in any one thread
// while the others go on. CLONE_PARENT would avoid that, but makes SIGCHLD and an unknown child for
// its parent.
//
// SIGKILL of Seep: the guardian takes the copy away as usual. SIGKILL of the guardian: the kernel
// resumes the process and kills the copy (PTRACE_O_EXITKILL; before that option is set, the copy
// ends by itself, see self_restoring_call.h). What is left is a zombie, collected by the next Fork.
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/status/statusor.h"
#include "heap/freeze/copy_price.h"
#include "heap/freeze/guardian.h"

namespace seep {

struct ForkedCopyOptions {
  std::chrono::nanoseconds max_pause = std::chrono::milliseconds(100);
};

class ForkedCopy {
 public:
  // FAILED_PRECONDITION: see CheckCopyable and CheckPrice. DEADLINE_EXCEEDED: a thread did not
  // stop. PERMISSION_DENIED. Cost: see CopyPrice; a fork of Seep.
  static absl::StatusOr<ForkedCopy> Fork(uint32_t pid, const ForkedCopyOptions& options = {});

  // To be read like any process: see LiveTargetOptions.
  uint32_t pid() const { return copy_; }
  const CopyPrice& price() const { return price_; }
  double pause_ms() const { return pause_ms_; }

  // Takes the copy away, once; the destructor does it, too. Returns for how many ms, at most, one
  // thread stood still to collect it. DEADLINE_EXCEEDED: none could within 30 s; the dead copy is
  // left to the next Fork.
  // RESOURCE_EXHAUSTED: it was taken away before, since memory was running out.
  absl::StatusOr<double> Close();

 private:
  ForkedCopy(Guardian guardian, const GuardianReport& report, const CopyPrice& price)
      : guardian_(std::move(guardian)),
        copy_(static_cast<uint32_t>(report.copy)),
        pause_ms_(report.pause_ms),
        price_(price) {}

  Guardian guardian_;
  uint32_t copy_;
  double pause_ms_;
  CopyPrice price_;
};

}  // namespace seep
