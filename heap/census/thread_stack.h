// Thread stacks among the mappings of a process that was not stopped, so that no stack pointer says
// where they are.
#pragma once

#include "heap/proc_maps.h"

namespace seep {

// pthread_create puts a guard page, which nobody may touch, right below each stack.
inline bool IsThreadStack(const Mapping& below, const Mapping& mapping) {
  constexpr uint64_t kLargestGuard = 1 << 20;
  return below.range.end == mapping.range.begin && below.range.size() <= kLargestGuard &&
         !below.readable && !below.writable && !below.executable && !below.has_file();
}

}  // namespace seep
