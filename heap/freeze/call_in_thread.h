// Makes system calls in a stopped thread of a process.
#pragma once

#include <sys/types.h>

#include <vector>

#include "absl/status/statusor.h"
#include "heap/freeze/self_restoring_call.h"
#include "heap/freeze/stopped_threads.h"
#include "heap/proc_maps.h"

namespace seep {

// The thread to make calls in: in a system call (so in no rseq critical section) rather than in its
// own code, with at least 16 KiB of its stack's mapping to spare. FAILED_PRECONDITION: none is fit.
absl::StatusOr<pid_t> ChooseThread(const StoppedThreads& threads, const std::vector<Mapping>& maps);

struct CallResult {
  long value = 0;   // −errno on failure
  pid_t child = 0;  // that it made; it stands still, before its first instruction
};

// The thread stands as before when this returns; on an error it may be on its way back alone.
absl::StatusOr<CallResult> CallInThread(pid_t tid, const CodeFragments& code,
                                        const RemoteCall& call);

// The same in whichever thread can be stopped and is fit, while the others go on: each stands still
// alone, about 50 µs. DEADLINE_EXCEEDED: none was until then. NOT_FOUND: the process has ended.
absl::StatusOr<CallResult> CallInAnyThread(uint32_t pid, const std::vector<Mapping>& maps,
                                           const CodeFragments& code, const RemoteCall& call,
                                           FreezeClock::time_point deadline);

}  // namespace seep
