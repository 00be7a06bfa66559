// The invariants that snapshot.h states, one check for each group of tables. An error is INTERNAL
// and reads "blocks[12]: probability must be in [2^-64, 1]".
#pragma once

#include "absl/status/status.h"
#include "snapshot/snapshot.h"

namespace seep {

absl::Status CheckProcess(const Snapshot& snapshot);
absl::Status CheckCode(const Snapshot& snapshot);     // stacks → modules
absl::Status CheckClasses(const Snapshot& snapshot);  // → modules, bases
absl::Status CheckLabels(const Snapshot& snapshot);
absl::Status CheckBlocks(const Snapshot& snapshot);
absl::Status CheckPast(const Snapshot& snapshot);        // turnover, deaths, history
absl::Status CheckAccounting(const Snapshot& snapshot);  // accounting, allocators

}  // namespace seep
