// The memory limit of a process's control group: what the OOM killer goes by.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace seep {

// The smallest limit along the ancestors of the process's group, of cgroup v1 or v2; nothing where
// there is none or where the group is not visible from here (another cgroup namespace).
//   cgroups: /proc/PID/cgroup     mounts: our own /proc/self/mountinfo
std::optional<uint64_t> CgroupMemoryLimit(std::string_view cgroups, std::string_view mounts);

// What the kernel charges to the group with that limit, and goes by when it kills: all processes in
// it, page cache and kernel memory included, swap not. Without a limit: to the process's own group.
std::optional<uint64_t> CgroupMemoryUsage(std::string_view cgroups, std::string_view mounts);

// How much the group may still take: the smallest rest of a limit along the ancestors, where what a
// group uses does not count the file pages that the kernel would drop first (inactive_file).
std::optional<uint64_t> CgroupMemoryLeft(std::string_view cgroups, std::string_view mounts);

}  // namespace seep
