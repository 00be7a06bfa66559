// Where everything of one malloc lies, put together.
#pragma once

#include <vector>

#include "heap/glibc/heap_walk.h"
#include "heap/glibc/heaps.h"
#include "heap/glibc/mmapped_memory.h"
#include "heap/glibc/walk_budget.h"

namespace seep::glibc {

struct ArenaMap {
  Arena arena;
  std::vector<Piece> pieces;  // by address
  uint64_t bytes = 0;         // what system_mem should say
  bool complete = true;
};

struct HeapMap {
  std::vector<ArenaMap> arenas;        // those with memory; by their lowest piece
  std::vector<AddressRange> metadata;  // heap_info, malloc_state
  MmappedMemory mmapped;
};

// All pieces are mapped memory and apart from each other: what is not is left out, and the arena
// not complete.
HeapMap MapHeaps(const Malloc& malloc, const std::vector<Arena>& arenas, MemoryWindow& window,
                 WalkBudget& budget);

}  // namespace seep::glibc
