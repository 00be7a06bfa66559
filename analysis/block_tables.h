// The whole live heap by other things than classes and sites: every block is in one row.
#pragma once

#include <vector>

#include "analysis/findings.h"

namespace seep {

// By the module that holds the vtable of the class. What is without a vtable is in a row of its
// own.
std::vector<BlockRow> ByModule(const std::vector<ClassRow>& classes);

// By block size, each row up to the next power of two.
std::vector<BlockRow> BySize(const Snapshot& snapshot);

}  // namespace seep
