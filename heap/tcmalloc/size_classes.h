// The size classes of a gperftools heap: the first thing that is found, without any symbol, since
// the table gives itself away and says the page size.
#pragma once

#include <vector>

#include "base/address.h"
#include "heap/memory.h"
#include "heap/tcmalloc/layout.h"

namespace seep::tcmalloc {

// Every table in `data`: usually none, or one.
std::vector<SizeClasses> FindSizeClasses(const Memory& memory, AddressRange data);

}  // namespace seep::tcmalloc
