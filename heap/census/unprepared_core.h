// Snapshots of processes that have ended and left a core file.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "heap/census/unprepared_process.h"
#include "heap/core/module_files.h"
#include "snapshot/snapshot.h"

namespace seep {

// INVALID_ARGUMENT: not a core of a 64-bit x86 Linux process. A core that is cut short is counted
// as far as it goes; what is missing is among what was dropped. `files`: where the binaries are
// that it was made with. Cost: that of reading the live heap once from the file.
absl::StatusOr<std::shared_ptr<const Snapshot>> CensusOfCore(const std::string& path,
                                                             const ModuleFileOptions& files,
                                                             const ProcessCensusOptions& options);

}  // namespace seep
