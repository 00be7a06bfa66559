#include "heap/shared_owner.h"

#include <algorithm>
#include <string>

#include "symbolizer/demangle.h"

namespace seep {

bool IsSharedOwner(std::string_view mangled) {
  return mangled.starts_with("St23_Sp_counted_ptr_inplaceI") ||  // libstdc++, shared_ptr_base.h
         mangled.starts_with("NSt3__120__shared_ptr_emplaceI");  // libc++, shared_ptr.h
}

bool OwnsShared(std::string_view owner, std::string_view held) {
  std::string whole = DemangleClass(owner);
  std::string_view first_argument = whole;
  first_argument.remove_prefix(std::min(whole.size(), whole.find('<') + 1));
  std::string name = DemangleClass(held);
  if (!first_argument.starts_with(name)) return false;
  first_argument.remove_prefix(name.size());
  return first_argument.starts_with(',') || first_argument.starts_with(" const,");
}

}  // namespace seep
