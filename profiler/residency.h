// The process's resident size and the limit that would kill it. Makes system calls (open, read,
// close), which a program under seccomp may not survive: only with option rss=on.
#pragma once

#include <cstdint>

#include "snapshot/recording_format.h"

namespace seep::profiler {

struct Residency {
  uint64_t rss = recording::kUnknown;    // bytes
  uint64_t usage = recording::kUnknown;  // of the cgroup
  uint64_t limit = recording::kUnknown;  // of the cgroup
};

// Where the cgroup's files are; once, when the recording is made.
void LocateCgroup();

Residency ReadResidency();

}  // namespace seep::profiler
