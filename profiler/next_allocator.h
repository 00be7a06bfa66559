// The allocator behind ours: the next definitions of the malloc family in the loader's order.
#pragma once

#include <cstddef>

namespace seep::profiler {

struct NextAllocator {
  void* (*malloc)(size_t);
  void (*free)(void*);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void* (*memalign)(size_t, size_t);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*aligned_alloc)(size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
  size_t (*usable_size)(void*);
};

// Filled on the first call of any of its members, which is long before main: each points to a
// function at first that resolves them all and then forwards.
extern NextAllocator g_next __attribute__((visibility("hidden")));

// False: there is no malloc behind ours.
bool ResolveNextAllocator();

}  // namespace seep::profiler
