// Taking demangled C++ names apart: enough grammar to find a function's qualified name and the
// arguments of a template. Names are hostile: linear time, no recursion, and a name that is no C++
// yields parts that match nothing. All results are views into the argument.
#pragma once

#include <string_view>
#include <vector>

namespace seep {

// The function's own name, without return type and parameters:
//   "std::unique_ptr<T> std::make_unique<T, int>(int&&)"  →  "std::make_unique<T, int>"
//   "operator new(unsigned long)"                         →  "operator new"
std::string_view QualifiedName(std::string_view demangled_function);

// "allocator<T>" → {"allocator", "T"}.
struct NamePart {
  std::string_view name;
  std::string_view arguments;  // between the template's brackets; empty: no template
};

// "std::allocator<T>::allocate" → {std}, {allocator, T}, {allocate}.
std::vector<NamePart> SplitName(std::string_view qualified_name);

// "K const, std::pair<A, B>, false" → {"K const", "std::pair<A, B>", "false"}.
std::vector<std::string_view> SplitArguments(std::string_view arguments);

}  // namespace seep
