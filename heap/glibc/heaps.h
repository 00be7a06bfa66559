// Where arenas have their chunks: the pieces of address space that are to be walked.
//
//   main arena                         [sbrk_base … top ]: the program's break; foreign gaps
//   other arenas, each heap aligned    [heap_info|arena|chunks … top][never written …] 64 MiB
//   to its largest size (HEAP_MAX)     [heap_info|chunks … fenceposts]                 64 MiB
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/glibc/arena.h"
#include "heap/glibc/chunk_reader.h"
#include "heap/glibc/parameters.h"
#include "heap/target.h"

namespace seep::glibc {

struct ArenaPieces {
  std::vector<Piece> pieces;           // not sorted
  std::vector<AddressRange> metadata;  // heap_info, malloc_state
  bool complete = true;                // every heap that the arena names was found
};

// Of an arena other than the main one.
ArenaPieces FindHeaps(const Memory& memory, const Arena& arena);

// The main arena's piece at the break, if it has one. Further pieces, which malloc makes by mmap
// when the break cannot grow, are on no list: see mmapped_memory.h.
ArenaPieces FindBreakHeap(const Target& target, const Arena& main,
                          const std::optional<Parameters>& parameters);

}  // namespace seep::glibc
