// Snapshots of live processes that need not have been prepared, by walking their heaps.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "heap/census/census.h"
#include "snapshot/snapshot.h"
#include "symbolizer/debug_file_locator.h"

namespace seep {

// How a process that goes on working is read as of one moment.
enum class Consistency {
  kNone,  // it is not: what moves during the read may be missed or counted twice
  kStop,  // all threads stand still for the read (StoppedProcess)
  kFork,  // a copy is read (ForkedCopy)
};

struct ProcessCensusOptions {
  Consistency consistency = Consistency::kNone;
  // Of the process's threads; a stop that takes longer ends, and the rest is read without.
  std::chrono::nanoseconds max_pause = std::chrono::milliseconds(100);
  // Of a process with Seep: its recording apportions the count over call sites, and tells the past.
  bool join_recording = false;
  bool embedded = false;                          // see CensusOptions
  std::function<void(uint64_t blocks)> progress;  // now and then: blocks seen so far
  // kAuto: with kStop, not at all, since it would double the pause.
  HolderLook holders = HolderLook::kAuto;
  // Where debug information is looked for, beside the modules themselves.
  DebugFileLocator::Options files = {};
};

// Reads the process; with Consistency::kNone, nothing is stopped, written or run in it. NOT_FOUND:
// no such process, or none with a recording to join. PERMISSION_DENIED: with the remedy. ABORTED:
// it ended, or replaced its program, while it was read. FAILED_PRECONDITION, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED: it could not be stopped or copied (StoppedProcess, ForkedCopy). Cost: that of
// reading its live heap once; memory: some MiB, and 32 bytes a span.
absl::StatusOr<std::shared_ptr<const Snapshot>> CensusOfProcess(
    uint32_t pid, const ProcessCensusOptions& options);

}  // namespace seep
