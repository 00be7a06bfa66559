// `mp_`, the one structure of malloc's parameters and statistics: what the walk is checked against.
#pragma once

#include <cstdint>
#include <optional>

#include "heap/glibc/arena.h"
#include "heap/target.h"

namespace seep::glibc {

struct Parameters {
  Address sbrk_base;  // null: the main arena has no memory yet
  uint64_t n_mmaps = 0;
  uint64_t mmapped_mem = 0;   // bytes
  uint64_t tcache_count = 0;  // entries a bin of a thread cache may hold; 0: none are used
};

// Found in the writable memory of `module` by what must hold among its fields and with the main
// arena. Cost: that memory is read.
std::optional<Parameters> FindParameters(const Memory& memory, const LoadedModule& module,
                                         const Arena& main);

}  // namespace seep::glibc
