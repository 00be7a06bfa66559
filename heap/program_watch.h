// Whether a pid still means the program that it meant. exec replaces the program and keeps the pid;
// once a process has ended, its pid goes to another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "heap/page_map.h"
#include "heap/process_identity.h"

namespace seep {

class ProgramWatch {
 public:
  // NOT_FOUND: no such process, or it has ended. Without permission to read the process, an exec of
  // the very same program goes unseen.
  static absl::StatusOr<ProgramWatch> Start(uint32_t pid);

  const ProcessIdentity& identity() const { return identity_; }

  // ABORTED: since Start, the process has ended, or replaced its program. `meanwhile`, for people:
  // "while its memory was read".
  absl::Status StillTheSame(std::string_view meanwhile) const;

 private:
  ProgramWatch(ProcessIdentity identity, std::optional<PageMap> pages, std::string program);

  ProcessIdentity identity_;
  std::optional<PageMap> pages_;  // tied to the address space that Start found
  std::string program_;           // "device:inode"; empty: not known
};

}  // namespace seep
