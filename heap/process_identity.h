// Which process a pid means. A pid is reused and differs between containers; (boot id, pid
// namespace, pid in it, start time) does not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace seep {

struct ProcessIdentity {
  uint32_t pid = 0;                       // as this process sees it
  uint32_t pid_in_namespace = 0;          // as it sees itself
  std::optional<uint64_t> pid_namespace;  // inode; none: not ours to look at
  uint64_t start_ticks = 0;               // /proc/PID/stat, field 22; kept by exec
  uint32_t uid = 0;                       // effective
  bool ended = false;                     // a zombie: its memory is gone
};

// NOT_FOUND: no such process.
absl::StatusOr<ProcessIdentity> ReadProcessIdentity(uint32_t pid);

// The fields of /proc/PID/stat and /proc/PID/status in it; INVALID_ARGUMENT where one is missing.
absl::StatusOr<ProcessIdentity> ParseProcessIdentity(std::string_view stat,
                                                     std::string_view status);

// /proc/sys/kernel/random/boot_id, without the newline.
absl::StatusOr<std::string> ReadBootId();

// The live process that knows itself by these numbers, in whatever container; none: it has ended,
// or runs on another machine. Cost: in a foreign pid namespace, one look at every process.
std::optional<ProcessIdentity> FindProcess(std::string_view boot_id, uint64_t pid_namespace,
                                           uint32_t pid_in_namespace, uint64_t start_ticks);

}  // namespace seep
