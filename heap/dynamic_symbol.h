// What a loaded module exports, looked up in its own memory.
#pragma once

#include <optional>
#include <string_view>

#include "base/address.h"
#include "heap/loaded_modules.h"
#include "heap/memory.h"

namespace seep {

// Where the module defines the object or function of that (mangled) name. Nothing: it exports none,
// or its tables cannot be read. Cost: one pass over its dynamic symbols, 20 ns each.
std::optional<Address> FindDynamicSymbol(const Memory& memory, const Module& module,
                                         std::string_view name);

}  // namespace seep
