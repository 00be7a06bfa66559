// Long C++ names to the names people say: the three lines of an unordered_map of strings become
// "std::unordered_map<std::string, Order>".
#pragma once

#include <string>
#include <string_view>

namespace seep {

// Leaves out what adds nothing: template arguments of std that equal their default (allocator,
// char_traits, less, hash, equal_to, default_delete, …; a custom one stays, and so does everything
// before it), std's inline namespaces (__cxx11, __1, _V2) and the ABI tag of libstdc++; and says
// std::string for std::basic_string<char>. For full names as Demangle gives them.
//
// Total: a name that is not well bracketed, nests deeper than 128 or is longer than 64 KiB comes
// back unchanged. Idempotent. Linear but for the depth of nesting.
std::string ShortName(std::string_view full);

}  // namespace seep
