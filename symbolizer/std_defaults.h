// The default template arguments of the standard library, as far as names are concerned.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace seep {

// "std::vector" with {"int", "std::allocator<int>"} → "std::vector<int>"; "std::basic_string" with
// {"char", …} → "std::string". Any other template is put together as it is. The arguments must have
// been shortened already.
std::string ShortTemplate(std::string_view name, std::vector<std::string> arguments);

}  // namespace seep
