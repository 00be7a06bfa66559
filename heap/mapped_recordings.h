// The recordings that a live process has mapped, opened through the kernel's view of the process:
// this works for files that were deleted since, and for files of other containers.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "heap/process_identity.h"
#include "heap/recording_file.h"

namespace seep {

struct MappedRecording {
  RecordingFile file;
  AddressRange range;  // in the process
};

// Usually none or one; a child that has not sampled yet still maps its parent's. Only regular files
// are opened. PERMISSION_DENIED with the remedy; or the error of a recording that cannot be used,
// where there is no other.
absl::StatusOr<std::vector<MappedRecording>> FindMappedRecordings(uint32_t pid);

// The one that it is writing itself. NOT_FOUND: no such process, or it runs without Seep; the
// message says how to prepare it.
absl::StatusOr<MappedRecording> FindOwnRecording(uint32_t pid);

// Was it begun by this process?
bool IsRecordingOf(const recording::Header& header, const ProcessIdentity& process);

// They were written by the same process between the same exec and the next one.
bool IsSameRecording(const recording::Header& a, const recording::Header& b);

}  // namespace seep
