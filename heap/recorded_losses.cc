#include "heap/recorded_losses.h"

#include <string>

namespace seep {
namespace {

struct Loss {
  recording::Counter counter;
  const char* what;
  const char* why;
};

// The counters that mean a loss or a guess. The others (samples, deaths, thinnings, stamps …) count
// what went as planned.
constexpr Loss kLosses[] = {
    {recording::kMissedFrees, "frees",
     "missed: the address was handed out again first; the old block was counted as live meanwhile"},
    {recording::kDroppedNoSlot, "samples", "lost: every slot of the recording was in use"},
    {recording::kDroppedIndexFull, "samples", "lost: no room in the index of live samples"},
    {recording::kDroppedReentrant, "samples",
     "lost: a signal handler had interrupted the profiler"},
    {recording::kDroppedAddress, "samples", "lost: the address has more than 47 bits"},
    {recording::kStackTableFull, "stacks of samples", "not kept: the stack dictionary is full"},
    {recording::kStacksShortened, "stacks", "kept with 8 frames: the frame pool was nearly full"},
    {recording::kWalksTruncated, "stack walks",
     "cut short: too deep, or a frame without unwind information"},
    {recording::kWalksForeign, "stack walks", "on a fiber or signal stack: callers may be missing"},
    {recording::kLabelsOther, "labels of samples", "went to \"other\": the label table is full"},
    {recording::kClassTableFull, "classes of blocks", "seen, but the class table is full"},
    {recording::kStringsFull, "names", "not kept: the string pool is full"},
    {recording::kModuleTableFull, "frames", "kept as raw addresses: the module table is full"},
    {recording::kDeathTableFull, "deaths",
     "older than 32 s and counted by stack only: the death table is full"},
    {recording::kIntervalsFull, "changes of the sampling interval",
     "not kept: their table is full"},
    {recording::kNoticesFull, "notices", "not kept: their table is full"},
    {recording::kOptionErrors, "options", "of SEEP_OPTIONS were not understood; see the notices"},
};

struct UnfinishedRecord {
  recording::SectionId section;
  const char* what;
};

constexpr UnfinishedRecord kUnfinished[] = {
    {recording::kSlots, "blocks"},
    {recording::kStacks, "stacks"},
    {recording::kModules, "modules"},
    {recording::kClasses, "classes"},
    {recording::kLabels, "labels"},
    {recording::kDeaths, "rows of deaths"},
    {recording::kPulses, "past moments"},
    {recording::kResidency, "past moments"},
    {recording::kNotices, "notices"},
    {recording::kEvents, "past moments"},
    {recording::kIntervals, "changes of the sampling interval"},
};

const char* Trouble(recording::Status status) {
  switch (status) {
    case recording::Status::kNotStarted:
      return "the profiler had not started yet";
    case recording::Status::kRecording:
    case recording::Status::kStopped:
    case recording::Status::kExited:
      return nullptr;
    case recording::Status::kOff:
      return "the profiler is off, by option or because the program is set-user-ID";
    case recording::Status::kNoDirectory:
      return "its directory cannot be used";
    case recording::Status::kNoFile:
      return "its file could not be opened";
    case recording::Status::kNoSpace:
      return "the file system had no room for it";
    case recording::Status::kFileSizeLimit:
      return "RLIMIT_FSIZE is below its size";
    case recording::Status::kNoMemory:
      return "it could not be mapped";
    case recording::Status::kNoAllocator:
      return "no malloc was found behind the profiler's";
  }
  return "the profiler reported a state that this seep does not know";
}

}  // namespace

void AddLosses(const Recording& recording, bool alive, SnapshotBuilder& builder) {
  for (const Loss& loss : kLosses) {
    builder.AddDropped(loss.what, recording.header.counters[loss.counter], loss.why);
  }
  for (const UnfinishedRecord& record : kUnfinished) {
    builder.AddDropped(
        record.what, recording.unfinished[record.section],
        alive ? "being written while we read" : "being written when the process ended");
  }
  const char* trouble = Trouble(recording.header.status);
  if (trouble != nullptr) builder.AddDropped("recording", 1, trouble);
}

}  // namespace seep
