// Where a recorded process's memory is, as far as its recording can tell.
#pragma once

#include <cstdint>
#include <optional>

#include "snapshot/builder.h"

namespace seep {

struct AccountingInput {
  double live_bytes = 0;                            // estimate of the live heap
  std::optional<uint64_t> rss = {};                 // bytes
  uint64_t recording_bytes = 0;                     // of the profiler's shared mapping
  std::optional<uint64_t> recording_resident = {};  // of it, in memory
};

// Adds rows whose resident column sums up to the RSS exactly, where that is known.
void AddAccounting(const AccountingInput& input, SnapshotBuilder& builder);

}  // namespace seep
