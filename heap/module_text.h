// What a module says of itself: a stripped library still has its messages.
#pragma once

#include <string_view>

#include "heap/loaded_modules.h"
#include "heap/memory.h"

namespace seep {

// Does its constant data or code hold `text`? Cost: reading all of it, some 0.2 s for a GiB.
bool HasText(const Memory& memory, const LoadedModule& module, std::string_view text);

}  // namespace seep
