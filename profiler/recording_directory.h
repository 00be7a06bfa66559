// Keeps a directory of recordings from growing without end.
#pragma once

#include <cstdint>

namespace seep::profiler {

// Deletes recordings of dead processes in `directory`, oldest first, until at most `keep` of them
// with `keep_bytes` in all are left. Touches only files with our name and magic whose process is
// known to be gone; what it cannot judge, it leaves. Looks at 4,096 files at most.
void PruneRecordings(const char* directory, uint64_t keep, uint64_t keep_bytes);

}  // namespace seep::profiler
