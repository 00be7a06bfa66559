// A live process as a Target, looked at while it runs and without changing it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "heap/program_watch.h"
#include "heap/resident_memory.h"
#include "heap/target.h"
#include "snapshot/snapshot.h"

namespace seep {

struct LiveTargetOptions {
  bool read_swapped = false;  // swaps in what is swapped out: the target's figures change
  // A copy of it (ForkedCopy), whose memory is read in place of its own; 0: none. What the copy has
  // not: shared memory, and what the program keeps from its children (madvise).
  uint32_t copy = 0;
};

class LiveTarget {
 public:
  // NOT_FOUND: no such process, or it has ended. PERMISSION_DENIED: with the remedy. Cost: maps,
  // the first pages of its modules, a file for each thread.
  static absl::StatusOr<std::unique_ptr<LiveTarget>> Open(uint32_t pid,
                                                          const LiveTargetOptions& options = {});

  // Valid as long as this.
  const Target& target() const { return target_; }
  const ResidentMemory& memory() const { return memory_; }
  const ProcessIdentity& identity() const { return watch_.identity(); }

  // What could not be had from the start.
  const std::vector<Dropped>& dropped() const { return dropped_; }

  // To be asked after the last read: what was read is of the program that Open found only if this
  // is OK. ABORTED: the process has ended, or replaced its program (exec).
  absl::Status StillTheSame() const;

 private:
  LiveTarget(ProgramWatch watch, const ProcessMemory& process, std::optional<PageMap> pages,
             std::vector<Mapping> maps, const LiveTargetOptions& options);

  ProgramWatch watch_;
  ResidentMemory memory_;
  Target target_;
  std::vector<Dropped> dropped_;
};

}  // namespace seep
