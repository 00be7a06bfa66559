// Where the memory of a walked process is: rows that add up to what the kernel says.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/census/census.h"
#include "snapshot/builder.h"

namespace seep {

// One mapping's use of memory, as /proc/PID/smaps has it.
struct MappingUse {
  AddressRange range;
  uint64_t rss = 0;  // bytes
  uint64_t swap = 0;
};

// INVALID_ARGUMENT with the line that is none of smaps.
absl::StatusOr<std::vector<MappingUse>> ParseMappingUse(std::string_view smaps);

// `uses`: of the live process, in the order of addresses; empty: a core, of which only the reserved
// column is known. `rss`: the kernel's own figure. `cgroup_usage`: that of the process's control
// group, which is beside the sum and no part of it.
void AddCensusAccounting(const Target& target, const std::vector<CountedHeap>& heaps,
                         const PageMap* pages, const std::vector<MappingUse>& uses,
                         std::optional<uint64_t> rss, std::optional<uint64_t> cgroup_usage,
                         SnapshotBuilder& builder);

}  // namespace seep
