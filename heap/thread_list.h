// The threads of a live process.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/target_thread.h"

namespace seep {

// By tid, the main thread first. Not atomic: a thread that starts or ends during the call may be
// missing. Empty: the process has ended. Cost: a file for each thread.
std::vector<TargetThread> ReadThreads(uint32_t pid);

}  // namespace seep
