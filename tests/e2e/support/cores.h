// Cores of programs that a test started, as administrators get them.
#pragma once

#include <optional>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {

// By gdb's gcore, in `scratch`; the process runs on. Nothing: there is no gcore here.
std::optional<std::string> CoreByGdb(const Process& process, const Scratch& scratch);

// By the kernel, in `scratch`, by SIGABRT, with the coredump_filter that processes have by default.
// The process must have been launched with `launch` as MayLeaveCore made it. Nothing: the machine's
// core_pattern sends cores elsewhere.
void MayLeaveCore(const Scratch& scratch, Launch* launch);
std::optional<std::string> CoreByKernel(Process& process, const Scratch& scratch);

}  // namespace seep::e2e
