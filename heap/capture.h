// Snapshots of prepared processes, from the recordings that they write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "snapshot/snapshot.h"

namespace seep {

// Of a recording's file. If its process still runs, the snapshot is of now, and the classes of
// blocks that the profiler has not looked at yet are read from the process's memory. Nothing is
// stopped, written or run in it. Cost: that of CopyRecording, and a few ms for live memory.
absl::StatusOr<std::shared_ptr<const Snapshot>> CaptureRecording(const std::string& path);

// Does the live process write a recording of its own? NOT_FOUND: no such process.
absl::StatusOr<bool> IsPrepared(uint32_t pid);

// Of the recording that a live process is writing. NOT_FOUND: no such process, or it runs without
// Seep; the message says how to prepare it.
absl::StatusOr<std::shared_ptr<const Snapshot>> CaptureProcess(uint32_t pid);

}  // namespace seep
