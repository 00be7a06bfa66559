// Everything that the profiler could not keep, and that the copy of its recording lacks, in words.
#pragma once

#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

// `alive`: the process may still have been writing what was found unfinished.
void AddLosses(const Recording& recording, bool alive, SnapshotBuilder& builder);

}  // namespace seep
