// Instructions that are somewhere in every program, and that calls in it are put together from.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"

namespace seep {

struct CodeFragments {
  Address system_call;  // syscall; ret
  Address set_rax;      // pop %rax; ret
  Address set_rdi;      // pop %rdi; ret
};

// In executable mappings of files; in the middle of other instructions as well. NOT_FOUND: one of
// them is nowhere. Cost: reads code until it has all, in practice some 100 KiB of libc.
absl::StatusOr<CodeFragments> FindCodeFragments(const Memory& memory,
                                                const std::vector<Mapping>& maps);

}  // namespace seep
