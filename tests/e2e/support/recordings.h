// What a test asks of recordings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/estimate.h"
#include "heap/recording.h"
#include "snapshot/snapshot.h"
#include "tests/e2e/support/truth_log.h"

namespace seep::e2e {

// Path of the newest recording in the directory, of `pid` if one is given; "" if there is none.
std::string FindRecording(const std::string& directory, std::optional<pid_t> pid = std::nullopt);

// Both fail the test where there is none.
Snapshot CaptureOrFail(const std::string& path);
Recording CopyOrFail(const std::string& path);

uint64_t CounterOf(const Recording& recording, recording::Counter counter);

// The innermost label's value; "" if the key is another.
std::string LabelOf(const Snapshot& snapshot, const Block& block, const std::string& key);

// Blocks labelled thread=N, sorted.
std::vector<LoggedBlock> BlocksByThread(const Snapshot& snapshot);

// Σ over the blocks with that label, or all with key "".
struct Sum {
  Estimate objects, bytes;
};
Sum SumOf(const Snapshot& snapshot, const std::string& key = "", const std::string& value = "");

}  // namespace seep::e2e
