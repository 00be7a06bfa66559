// How rows call things. Full names are kept everywhere; short ones are for tables only.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/snapshot.h"

namespace seep {

// full C++ name → short form. Given by the caller, because shortening belongs to the symbolizer.
using Shorten = std::function<std::string(std::string_view)>;

inline constexpr std::string_view kNoClass = "(no class)";

// Of the C++ library or the language itself ("std::pair<…>", "unsigned char"), and not the
// program's.
bool IsLibraryType(std::string_view name);

// "" for none.
std::string ModulePath(const Snapshot& snapshot, ModuleId module);

// Of a block without a class: "zeros", "text". "" where it was not examined.
std::string ContentName(Content content);

// "libfoo.so+0x1f40"; "0x7f…" where no module was.
std::string LocationName(const std::vector<Module>& modules, const CodeLocation& location);
std::string LocationName(const Snapshot& snapshot, const CodeLocation& location);

}  // namespace seep
