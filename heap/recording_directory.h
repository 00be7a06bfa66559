// The recordings that programs have left in a directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace seep {

struct FoundRecording {
  std::string path;
  std::string problem = {};  // empty, or why it cannot be read; then nothing below is known
  std::string executable = {};
  std::string host = {};
  uint32_t pid = 0;             // in its own namespace
  bool alive = false;           // that process still exists; it may have exec'd since
  int64_t started_real_ns = 0;  // the program, CLOCK_REALTIME
  int64_t created_real_ns = 0;  // the file: the first sample
  uint64_t bytes = 0;           // of the file
};

// Those of `pid`, or all; the newest first. Other files are passed over, links are not followed.
// An error: the directory cannot be read.
absl::StatusOr<std::vector<FoundRecording>> FindRecordings(const std::string& directory,
                                                           std::optional<uint32_t> pid);

}  // namespace seep
