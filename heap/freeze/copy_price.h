// What a copy of a process would cost it: how long its threads stand still while the kernel copies
// page tables, and how much memory both may take together.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace seep {

struct CopyPrice {
  double predicted_ms = 0;
  uint64_t page_tables = 0;  // bytes: are copied at once
  uint64_t rss = 0;          // bytes: the most that writing to shared pages can add
};

// 35 ms for each GiB of anonymous memory in 4 KiB pages, 2 ms in huge pages, 2 ms for the rest
// (measured: 20 to 35, 1 to 2, and 0.1 to 5 with few threads). Cost: reads /proc/PID/smaps_rollup,
// some ms for a GiB, during which the process cannot map memory.
absl::StatusOr<CopyPrice> PriceOfCopy(uint32_t pid);

struct Headroom {
  uint64_t bytes = 0;  // until the first limit
  std::string limit;   // which
};

// The smallest of: the memory cgroups' limits minus what is used, MemAvailable, and where
// overcommit is forbidden (mode 2) the rest of CommitLimit.
Headroom HeadroomOf(uint32_t pid);

// The rule. FAILED_PRECONDITION, with figures and the remedy: the predicted pause is longer than
// allowed, or headroom is smaller than the page tables, an eighth of RSS and 64 MiB together. The
// worst case, the whole RSS once more, would need every page to be written while the copy lives.
absl::Status CheckPrice(const CopyPrice& price, const Headroom& headroom,
                        std::chrono::nanoseconds max_pause);

// A copy is given up when less than this is left.
uint64_t LeastHeadroom(const CopyPrice& price);

}  // namespace seep
