// Which processes may be stopped, and which may also be copied.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace seep {

// FAILED_PRECONDITION with what stands against it: a kernel thread, a zombie, a 32-bit program,
// traced by someone else. NOT_FOUND: no such process. Cost: two small files.
absl::Status CheckStoppable(uint32_t pid);

// The same, and: under a seccomp filter (which may kill it for a call that it never makes itself),
// with a shadow stack (which forbids the way that calls are made in it), stopped by SIGSTOP (it
// does not need a copy to stand still).
absl::Status CheckCopyable(uint32_t pid);

}  // namespace seep
