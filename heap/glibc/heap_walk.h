// The walk: every chunk of every arena in turn, less those on lists of free blocks.
//
//   1. where chunks are: heaps, pieces of the main arena, blocks with a mapping of their own
//   2. what is freed but called in use: fast bins, and threads' caches, which must be searched for
//   3. along the chains, handing out runs of live blocks
//   4. the sums: bins, caches, malloc's statistics
#pragma once

#include <optional>

#include "heap/allocator_walker.h"
#include "heap/glibc/arena.h"
#include "heap/glibc/parameters.h"

namespace seep::glibc {

struct Malloc {
  const Target& target;
  const LoadedModule& module;
  const Arena& main;
  const std::optional<Parameters>& parameters;
};

WalkedHeap WalkHeaps(const Malloc& malloc, MemoryWindow& window, RunSink sink);

}  // namespace seep::glibc
