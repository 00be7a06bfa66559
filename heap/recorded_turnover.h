// What the recording counted of the past: births and deaths by stack, deaths by class and age.
#pragma once

#include "heap/observation_clock.h"
#include "heap/recorded_classes.h"
#include "heap/recorded_stacks.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

void AddTurnover(const Recording& recording, const RecordedStacks& stacks,
                 const ObservationClock& clock, SnapshotBuilder& builder);

// Deaths of one stack and class in the same buckets are one row: a class may have several vtables.
void AddDeaths(const Recording& recording, const RecordedStacks& stacks,
               const RecordedClasses& classes, SnapshotBuilder& builder);

}  // namespace seep
