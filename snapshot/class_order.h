// Classes in an order in which every class follows its bases.
#pragma once

#include <vector>

#include "base/ids.h"
#include "snapshot/snapshot.h"

namespace seep {

// Every class once, bases before what derives from them, otherwise by id. Classes that are their
// own base, and what derives from them, are left out: the result is then shorter than the input.
// Base ids must be inside the table. O(classes + bases), without recursion: chains may be long.
std::vector<ClassId> BasesFirst(const std::vector<Class>& classes);

}  // namespace seep
