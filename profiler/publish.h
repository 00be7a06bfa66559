// Brings the recording into being at the first sample: the file, its header, and copies of all that
// private memory holds already.
#pragma once

#include "profiler/options.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

// The life that is being recorded: from the exec, or from a fork.
struct ProcessStart {
  uint64_t random = 0;
  uint64_t parent_random = 0;
  uint32_t fork_generation = 0;
  recording::ClockPair clock{};
  uint64_t initial_interval = 0;
};

// True: there is a recording, or another thread is making it right now. False: there cannot be one
// (the status says why), so sampling is pointless.
bool EnsureRecording(const Options& options, const ProcessStart& start);

// In a forked child: the next EnsureRecording makes a new one.
void ForgetRecording();

// In the header, where there is one, and in the anchor.
void SetStatus(recording::Status status);

}  // namespace seep::profiler
