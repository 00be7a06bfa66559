// Who we are, for the recording's header. Makes system calls: when the recording is made, only.
#pragma once

#include "snapshot/recording_format.h"

namespace seep::profiler {

// Fills the identity fields: boot id, namespaces, pids, start, host, executable, build-id, uid.
void FillIdentity(recording::Header* header);

}  // namespace seep::profiler
