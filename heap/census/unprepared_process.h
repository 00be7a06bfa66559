// Snapshots of live processes that nobody prepared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "snapshot/snapshot.h"

namespace seep {

struct ProcessCensusOptions {
  std::function<void(uint64_t blocks)> progress;  // now and then: blocks seen so far
};

// Reads the process while it runs: nothing is stopped, written or run in it. NOT_FOUND: no such
// process. PERMISSION_DENIED: with the remedy. ABORTED: it ended, or replaced its program, while it
// was read. Cost: that of reading its live heap once; memory: some MiB, and 32 bytes a span.
absl::StatusOr<std::shared_ptr<const Snapshot>> CensusOfProcess(
    uint32_t pid, const ProcessCensusOptions& options);

}  // namespace seep
