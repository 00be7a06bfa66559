// What the instances of a class have in common, word by word. A leaked closure holds the function
// that it would have called, and the request that it belonged to: often the only evidence of where
// it came from that an unprepared process has.
#pragma once

#include <cstddef>

#include "heap/instances/find_instances.h"
#include "heap/instances/heap_reader.h"
#include "snapshot/instances.h"

namespace seep {

struct ClassWordsOptions {
  size_t max_bytes = 1024;  // of each object
  bool contents = false;    // texts, too
};

// Of the sample, class by class. Cost: a read of each object, one walk (see FindPlaces), and with
// contents a read for each pointer in them.
std::vector<ClassWords> FindClassWords(HeapReader& heap, const Instances& instances,
                                       const ClassWordsOptions& options);

}  // namespace seep
