// Which devices are file systems that live elsewhere: a read there may wait for a server that is
// gone, or, with FUSE, for the very process that is looked at.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/container/flat_hash_set.h"

namespace seep {

// DeviceNumbers of NFS, SMB, 9p, Ceph, FUSE and their kind in the text of /proc/PID/mountinfo.
// Lines that are none of mountinfo are passed over.
absl::flat_hash_set<uint64_t> NetworkDevices(std::string_view mountinfo);

}  // namespace seep
