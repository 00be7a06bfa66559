// make_shared<T> puts its T into a control block:
//
//   ┌─────────────────────────────────────────┬────────┬─────────────┐
//   │ vptr of _Sp_counted_ptr_inplace<T, …>   │ counts │ vptr of T … │
//   └─────────────────────────────────────────┴────────┴─────────────┘
//
// The control block's class has T in its name, but not in its typeinfo: which bases T has is told
// by T's own vtable alone.
#pragma once

#include <string_view>

namespace seep {

// Whether the class, as its RTTI names it, is such a control block, of libstdc++ or libc++.
bool IsSharedOwner(std::string_view mangled);

// Whether the control block's T is `held`; both as their RTTI names them. Cost: both are demangled,
// since the mangling of T inside of another name counts its substitutions differently.
bool OwnsShared(std::string_view owner, std::string_view held);

}  // namespace seep
