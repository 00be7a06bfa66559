// The recording of a live process whose heap is to be counted, too: one snapshot of both. Blocks
// are the walk's; stacks, labels, ages and the past are the recording's.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "heap/census/recorded_samples.h"
#include "heap/mapped_recordings.h"
#include "heap/recorded_tables.h"
#include "snapshot/builder.h"

namespace seep {

class JoinedRecording {
 public:
  // Adds the recording's facts and past to `builder`. `frozen`: the heap that will be walked is a
  // copy of this moment. NOT_FOUND: it writes none. Cost: that of CopyRecording.
  static absl::StatusOr<std::unique_ptr<JoinedRecording>> Read(uint32_t pid, bool frozen,
                                                               SnapshotBuilder& builder);

  RecordedSamples& samples() { return samples_; }
  RecordedTables& tables() { return tables_; }

 private:
  JoinedRecording(MappedRecording mapped, Recording recording, bool frozen,
                  SnapshotBuilder& builder);

  MappedRecording mapped_;
  Recording recording_;
  RecordedTables tables_;
  RecordedSamples samples_;
};

}  // namespace seep
