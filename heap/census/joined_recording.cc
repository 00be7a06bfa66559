#include "heap/census/joined_recording.h"

#include <utility>

#include "base/status_macros.h"
#include "heap/recorded_process.h"

namespace seep {

JoinedRecording::JoinedRecording(MappedRecording mapped, Recording recording, bool frozen,
                                 SnapshotBuilder& builder)
    : mapped_(std::move(mapped)),
      recording_(std::move(recording)),
      tables_(recording_, /*alive=*/true, builder.process().captured_at, builder),
      samples_(tables_.blocks, frozen ? nullptr : &mapped_.file) {}

absl::StatusOr<std::unique_ptr<JoinedRecording>> JoinedRecording::Read(uint32_t pid, bool frozen,
                                                                       SnapshotBuilder& builder) {
  SEEP_ASSIGN_OR_RETURN(MappedRecording mapped, FindOwnRecording(pid));
  SEEP_ASSIGN_OR_RETURN(Recording recording, CopyRecording(mapped.file));
  AddProcessFacts(recording, /*alive=*/true, builder);
  builder.process().captured_at = TimeOfNow(recording);
  std::unique_ptr<JoinedRecording> joined(
      new JoinedRecording(std::move(mapped), std::move(recording), frozen, builder));
  AddHistory(std::move(joined->tables_.history), builder);
  return joined;
}

}  // namespace seep
