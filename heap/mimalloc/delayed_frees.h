// Blocks that other threads have given back to a heap whose thread has not taken them yet: their
// pages still count them as used, and no page's list has them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "heap/memory.h"
#include "heap/mimalloc/format.h"
#include "heap/proc_maps.h"

namespace seep::mimalloc {

struct DelayedFrees {
  std::vector<Address> blocks;  // rising, each once
  uint64_t heaps = 0;
  uint64_t torn = 0;      // lists that lead astray or around
  uint64_t left_out = 0;  // lists longer than the walker's memory
};

// Of all heaps that pages belong to. Cost: the segments' headers, and a small read a block.
DelayedFrees ReadDelayedFrees(const Memory& memory, const std::vector<Mapping>& maps,
                              const Format& format, uint64_t cookie);

}  // namespace seep::mimalloc
