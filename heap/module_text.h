// What a module says of itself: a stripped library still has its messages.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "heap/loaded_modules.h"
#include "heap/memory.h"

namespace seep {

// Does its constant data or code hold `text`? Cost: reading all of it, some 0.2 s for a GiB.
bool HasText(const Memory& memory, const LoadedModule& module, std::string_view text);

// The same of several, read once: which are there.
std::vector<bool> HasTexts(const Memory& memory, const LoadedModule& module,
                           std::span<const std::string_view> texts);

}  // namespace seep
