// The recording's live samples → blocks.
#pragma once

#include <vector>

#include "heap/observation_clock.h"
#include "heap/recorded_classes.h"
#include "heap/recorded_labels.h"
#include "heap/recorded_stacks.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

struct RecordedBlock {
  Block block;
  uint32_t slot = 0;       // of the recording
  bool looked_at = false;  // by the profiler, for its class
};

// `horizon`: no birth can be later. What cannot be a block is counted in `builder`, with the
// reason.
std::vector<RecordedBlock> ReadBlocks(const Recording& recording, const RecordedStacks& stacks,
                                      const RecordedClasses& classes, const RecordedLabels& labels,
                                      const ObservationClock& clock, ObservationTime horizon,
                                      SnapshotBuilder& builder);

}  // namespace seep
