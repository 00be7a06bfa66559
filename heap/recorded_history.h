// The moments that the recording kept: pulses of the profiler, residency seen from outside,
// notices.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/observation_clock.h"
#include "heap/recorded_stacks.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

// Use of memory when the recording last heard of it, in bytes.
struct LastKnownUse {
  std::optional<uint64_t> rss;
  std::optional<uint64_t> swap;
  std::optional<uint64_t> limit;
};

struct RecordedHistory {
  std::vector<PastMoment> moments;
  std::vector<Notice> notices;
  LastKnownUse last;
  uint64_t damaged = 0;  // moments with impossible numbers, left out

  // Nothing later is known; 0: nothing is known.
  ObservationTime Latest() const;
};

RecordedHistory ReadHistory(const Recording& recording, const RecordedStacks& stacks,
                            const ObservationClock& clock);

void AddHistory(RecordedHistory history, SnapshotBuilder& builder);

}  // namespace seep
