// Looks through heaps for threads' caches.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/glibc/chunk_reader.h"
#include "heap/glibc/thread_caches.h"

namespace seep::glibc {

// By address. Stops where `wanted` are found, one for each thread that is attached to an arena:
// mostly soon, as a thread's cache is the first thing that it allocates; else goes through all of
// the heaps. Only a process that was forked from one with threads has more, those of the threads
// that it did not take along.
std::vector<ThreadCache> FindThreadCaches(MemoryWindow& window, const Memory& memory,
                                          const std::vector<Piece>& pieces, uint64_t wanted,
                                          ThreadCacheReader& reader, WalkBudget& budget);

}  // namespace seep::glibc
