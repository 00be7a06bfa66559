// What a block holds, told by the library code that allocated it. This is how objects without a
// vtable get a name: std::make_unique<order::OrderLock> says it, and so does the allocator of the
// std::unordered_map that keeps them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analysis/findings.h"

namespace seep {

struct HeldType {
  std::string name;
  std::string form;  // how it lies in the block: "" it is the block, "make_shared", "hash node", …
  bool operator==(const HeldType&) const = default;
};

// From the template arguments of the leading allocator frames, the innermost that tells.
//   operator new ← std::make_unique<T>                 T
//   operator new ← new_allocator<_Hash_node<P>>        P, in a hash node
//   operator new ← std::vector<T>::_M_realloc_insert   T, as elements
std::optional<HeldType> TypeFromSite(std::span<const SiteFrame> leaf_first);

// Opens the library's own wrappers, which nobody has asked for by name:
//   std::_Sp_counted_ptr_inplace<T, …>  →  T by make_shared
// None: `type` is no such wrapper.
std::optional<HeldType> UnwrapLibraryType(std::string_view type);

}  // namespace seep
