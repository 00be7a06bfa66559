// How much memory a live process uses, and how much it may.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace seep {

struct MemoryUse {
  std::optional<uint64_t> rss;           // bytes
  std::optional<uint64_t> swap;          // bytes
  std::optional<uint64_t> limit;         // bytes: the smallest of its cgroup's and their ancestors'
  std::optional<uint64_t> cgroup_usage;  // bytes: of the group with that limit, else of its own
};

// What cannot be read is not known; never an error.
MemoryUse ReadMemoryUse(uint32_t pid);

}  // namespace seep
