// Who wrote a recording.
#pragma once

#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

// All facts that are in the header. When it was captured and how much memory it used is not.
void AddProcessFacts(const Recording& recording, bool alive, SnapshotBuilder& builder);

}  // namespace seep
