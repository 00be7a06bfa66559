// A recording as tables of a snapshot, each after those that it refers to. Live blocks are handed
// to the caller, who may know more of them: CaptureRecording their classes, a census their number.
#pragma once

#include <vector>

#include "heap/class_table.h"
#include "heap/module_table.h"
#include "heap/observation_clock.h"
#include "heap/recorded_blocks.h"
#include "heap/recorded_classes.h"
#include "heap/recorded_history.h"
#include "heap/recorded_labels.h"
#include "heap/recorded_stacks.h"
#include "heap/recorded_text.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

struct RecordedTables {
  // `alive`: its process may still be writing it. `now`: no birth can be later. Adds all to
  // `builder` but what is below: blocks, classes and history. Both must outlive this.
  RecordedTables(const Recording& recording, bool alive, ObservationTime now,
                 SnapshotBuilder& builder);
  RecordedTables(const RecordedTables&) = delete;
  RecordedTables& operator=(const RecordedTables&) = delete;

  ObservationClock clock;
  RecordedText text;
  ModuleTable modules;
  RecordedStacks stacks;
  ClassTable classes;
  RecordedClasses stamped;
  RecordedLabels labels;
  std::vector<RecordedBlock> blocks;
  RecordedHistory history;
};

// The moment at hand, in the time of a recording that is being written.
ObservationTime TimeOfNow(const Recording& recording);

}  // namespace seep
