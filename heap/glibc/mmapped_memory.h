// What malloc got by mmap, beside heaps: large blocks with a mapping of their own, and, when the
// break could not grow, further pieces of the main arena. No list of malloc's leads to either. They
// are looked for at the starts of anonymous mappings, and, as the kernel merges mappings that
// touch, at every page, until malloc's own sums are reached.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/glibc/arena.h"
#include "heap/glibc/chunk_reader.h"
#include "heap/glibc/parameters.h"
#include "heap/target.h"

namespace seep::glibc {

struct MmappedMemory {
  std::vector<MmappedChunk> chunks;  // by address
  std::vector<Piece> pieces;         // by address
  uint64_t chunk_bytes = 0;          // of the mappings
};

struct MmappedSums {
  std::optional<uint64_t> chunks;       // mp_.n_mmaps
  std::optional<uint64_t> chunk_bytes;  // mp_.mmapped_mem
  uint64_t piece_bytes = 0;             // what the main arena has beside the break
};

// `claimed`: what is known to be something else, rising and disjoint. Cost: a page of each
// anonymous mapping; where the sums are not reached by these, all anonymous memory.
MmappedMemory FindMmappedMemory(const Target& target, MemoryWindow& window, const Arena& main,
                                const std::vector<AddressRange>& claimed, const MmappedSums& sums,
                                WalkBudget& budget);

}  // namespace seep::glibc
