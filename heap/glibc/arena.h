// Arenas: the roots of glibc's heaps. Offline; bounded on hostile memory.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/glibc/structures.h"
#include "heap/glibc/walk_budget.h"
#include "heap/memory.h"

namespace seep::glibc {

// A malloc_state as it was at one moment.
struct Arena {
  Address state;
  const ArenaLayout* layout = nullptr;
  bool is_main = false;
  std::vector<uint64_t> words;  // the whole structure

  uint64_t At(uint64_t offset) const { return words[offset / 8]; }
  Address top() const { return Address(At(layout->top())); }
  Address next() const { return Address(At(layout->next())); }
  uint64_t system_mem() const { return At(layout->system_mem()); }
  uint64_t attached_threads() const { return At(layout->attached_threads()); }
  bool contiguous() const { return (At(0) >> 32 & kNonContiguous) == 0; }
  // Nothing was ever allocated from it: top is the unsorted bin, posing as an empty chunk.
  bool untouched() const { return top() == state + layout->bin(0); }
};

std::optional<Arena> ReadArena(const Memory& memory, Address state, const ArenaLayout& layout);

// The arenas form a ring by `next`; the first of the result is `main`. Empty where the ring does
// not close.
std::vector<Arena> ReadArenas(const Memory& memory, Address main, const ArenaLayout& layout);

// Does `arena` look like one: bins that are empty or lead to chunks that lead back, and memory that
// adds up? In a process that runs some bins change under us: a few may be torn.
bool IsArena(const Memory& memory, const Arena& arena);

// Chunks on the lists of the bins: unsorted, small and large; at most `limit`, and as many as
// `links` allows. Cost: a read for each chunk.
uint64_t CountBinned(const Memory& memory, const Arena& arena, uint64_t limit, Budget& links);

}  // namespace seep::glibc
