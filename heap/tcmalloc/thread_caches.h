// Where the threads' caches are: found through any static variable that leads to one of them, since
// they are all linked with each other.
#pragma once

#include <span>
#include <vector>

#include "base/address.h"
#include "heap/memory.h"
#include "heap/tcmalloc/layout.h"
#include "snapshot/snapshot.h"

namespace seep::tcmalloc {

// The bytes of a ThreadCache that matter: its lists, and the links behind them.
inline size_t ThreadCacheBytes(const SizeClasses& classes) {
  return ThreadLists::kStride * classes.room + ThreadLists::kTail;
}

// Variables in `data` that lead to a ThreadCache: an object whose lists are of the heap's classes.
std::vector<Address> FindThreadPointers(const Memory& memory, const SizeClasses& classes,
                                        AddressRange data);

// Every ThreadCache. Bounded; `dropped` gets those that were there and could not be followed.
std::vector<Address> ListThreadCaches(const Memory& memory, const Heap& heap,
                                      std::vector<Dropped>* dropped);

}  // namespace seep::tcmalloc
