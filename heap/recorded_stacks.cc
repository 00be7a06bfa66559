#include "heap/recorded_stacks.h"

#include <optional>

namespace seep {
namespace {

// A stack has one end; where several flags are set, the one that cut it first.
StackEnd EndOf(uint16_t flags) {
  if (flags & recording::kStackShortened) return StackEnd::kShortened;
  if (flags & recording::kStackTruncated) return StackEnd::kTruncated;
  if (flags & recording::kStackForeign) return StackEnd::kForeign;
  return StackEnd::kComplete;
}

}  // namespace

RecordedStacks::RecordedStacks(const Recording& recording, const ModuleTable& modules,
                               SnapshotBuilder& builder)
    : unknown_(builder.stacks().Intern({}, StackEnd::kUnknown)), ids_(recording.stacks.size()) {
  if (!ids_.empty()) ids_[0] = unknown_;
  // Every stack has its own frames, so that together they cannot have more than there are. Without
  // this bound a small hostile file could describe billions.
  uint64_t frames_left = recording.frames.size();
  uint64_t damaged = 0;
  uint64_t unknown_modules = 0;
  std::vector<CodeLocation> frames;
  for (uint32_t i = 1; i < recording.stacks.size(); ++i) {
    recording::StackRecord record = recording.stacks[i];
    if (record.ready == 0) continue;
    if (record.frame_count > frames_left ||
        record.first_frame > recording.frames.size() - record.frame_count) {
      ++damaged;
      continue;
    }
    frames_left -= record.frame_count;
    frames.clear();
    for (uint32_t f = 0; f < record.frame_count; ++f) {
      recording::Position position = recording.frames[record.first_frame + f];
      std::optional<CodeLocation> location = modules.Locate(position);
      unknown_modules += location.has_value() ? 0 : 1;
      frames.push_back(
          location.value_or(CodeLocation{ModuleId(), recording::PositionOffset(position)}));
    }
    StackEnd end = frames.empty() ? StackEnd::kUnknown : EndOf(record.flags);
    ids_[i] = builder.stacks().Intern(frames, end);
  }
  builder.AddDropped("stacks", damaged, "their records point outside the frame pool");
  builder.AddDropped("frames", unknown_modules, "their module is not in the recording");
}

}  // namespace seep
