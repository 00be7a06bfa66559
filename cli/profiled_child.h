// A program started with the profiler preloaded, and waited for as a shell would.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace seep {

struct ProfiledProgram {
  std::vector<std::string> command;
  std::string library;       // path of libseep.so
  std::string seep_options;  // appended to the environment's SEEP_OPTIONS: the last one counts
};

// Starts it. NOT_FOUND or PERMISSION_DENIED: it could not be executed (127 and 126 in a shell).
absl::StatusOr<pid_t> StartProfiled(const ProfiledProgram& program);

// Waits for its end, calls each_second() meanwhile and passes on signals that are sent to us. Those
// from the terminal reach it by themselves. Returns its exit code, or 128 + the signal that ended
// it.
int WaitForwarding(pid_t child, const std::function<void()>& each_second);

}  // namespace seep
