// /proc/PID/maps: what is mapped where, from which file. Offline; safe on hostile file names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"

namespace seep {

// Of "fd:01" in maps and "253:1" in mountinfo.
constexpr uint64_t DeviceNumber(uint64_t major, uint64_t minor) { return major << 32 | minor; }

struct Mapping {
  AddressRange range;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  uint64_t file_offset = 0;
  uint64_t device = 0;   // of the file's file system: a DeviceNumber
  uint64_t inode = 0;    // of the file; 0: none, or not known (a core)
  std::string path;      // in the target's file system; "[heap]" and the like; empty: anonymous
  bool deleted = false;  // the file has been unlinked or replaced since

  bool has_file() const { return !path.empty() && path[0] == '/'; }
};

// INVALID_ARGUMENT with the number of the first line that is not one of maps.
//
// The kernel escapes a newline in a name as "\012" but no backslash, and marks an unlinked file by
// appending " (deleted)": a file whose name itself holds these characters cannot be told from them.
absl::StatusOr<std::vector<Mapping>> ParseMaps(std::string_view text);

// Not atomic: a mapping that is made or moved during the read may be missing or seen twice.
absl::StatusOr<std::vector<Mapping>> ReadMaps(uint32_t pid);

// The mapping that holds `address`, or null. The mappings must be sorted, as /proc has them.
const Mapping* FindMapping(const std::vector<Mapping>& maps, Address address);

}  // namespace seep
