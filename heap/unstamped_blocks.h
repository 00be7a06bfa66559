// Gives the blocks of a live process's recording the classes that its profiler has not seen yet.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "heap/class_table.h"
#include "heap/module_table.h"
#include "heap/recorded_blocks.h"
#include "heap/recording_file.h"
#include "snapshot/builder.h"

namespace seep {

// Fills in `klass` and `class_offset` of blocks without one. `file` is the recording that `pid` is
// writing: a block's class counts only if its slot still holds the same block afterwards, for a
// block leaves its slot before it is freed. What could not be looked at is counted in `builder`.
// An error: the memory of the process cannot be read at all; the blocks are as they were.
absl::Status NameUnstampedBlocks(uint32_t pid, const RecordingFile& file, ModuleTable& modules,
                                 ClassTable& classes, std::vector<RecordedBlock>& blocks,
                                 SnapshotBuilder& builder);

}  // namespace seep
