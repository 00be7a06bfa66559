// Copies of a process that have ended and that nobody has collected: Seep's guardian was killed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace seep {

// Zombie children of `pid` that announce their end by no signal, and that either ended by
// themselves as a copy does, or were killed with all signals blocked. Empty where the
// kernel has no /proc/PID/task/TID/children. Cost: a file for each thread, two for each child.
std::vector<pid_t> LeftCopies(uint32_t pid);

}  // namespace seep
