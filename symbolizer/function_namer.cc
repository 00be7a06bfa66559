#include "symbolizer/function_namer.h"

#include <dwarf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "symbolizer/demangle.h"

namespace seep {
namespace {

constexpr size_t kMaxName = size_t{64} << 10;
constexpr int kMaxLinks = 16;  // from an inlined copy to its declaration: two are usual
constexpr int kMaxDepth = 16;  // functions declared within functions

std::string_view Bounded(const char* text) {
  if (text == nullptr) return {};
  return {text, strnlen(text, kMaxName)};
}

// Follows abstract_origin and specification to where the function was declared.
Dwarf_Die Declaration(Dwarf_Die die) {
  for (int i = 0; i < kMaxLinks; ++i) {
    Dwarf_Attribute link;
    Dwarf_Die next;
    bool linked = dwarf_attr(&die, DW_AT_abstract_origin, &link) != nullptr ||
                  dwarf_attr(&die, DW_AT_specification, &link) != nullptr;
    if (!linked || dwarf_formref_die(&link, &next) == nullptr) break;
    die = next;
  }
  return die;
}

std::string_view StringAttribute(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  return Bounded(dwarf_formstring(dwarf_attr_integrate(die, name, &attribute)));
}

std::string_view LinkageName(Dwarf_Die* die) {
  std::string_view name = StringAttribute(die, DW_AT_linkage_name);
  return name.empty() ? StringAttribute(die, DW_AT_MIPS_linkage_name) : name;
}

// A namespace or class. With -fdebug-types-section the class's name is in another unit.
std::string ScopeName(Dwarf_Die scope) {
  Dwarf_Attribute signature;
  Dwarf_Die type;
  if (dwarf_attr(&scope, DW_AT_signature, &signature) != nullptr &&
      dwarf_formref_die(&signature, &type) != nullptr) {
    scope = type;
  }
  std::string_view name = StringAttribute(&scope, DW_AT_name);
  if (!name.empty()) return NormalizeBrackets(name);
  return dwarf_tag(&scope) == DW_TAG_namespace ? "(anonymous namespace)" : "{unnamed}";
}

}  // namespace

const UnitIndex& UnitCache::IndexOf(Dwarf_Die die) {
  Dwarf_Die unit = {};
  dwarf_diecu(&die, &unit, nullptr, nullptr);
  return indexes_.try_emplace(unit.addr, unit).first->second;
}

std::string FunctionNamer::Name(Dwarf_Die function) {
  Dwarf_Die declaration = Declaration(function);
  auto known = names_.find(declaration.addr);
  if (known != names_.end()) return known->second;
  // A copy may know the linkage name that the declaration lacks: constructors do.
  std::string_view linkage = LinkageName(&function);
  std::string name = linkage.empty() ? FullName(declaration, 0) : Demangle(linkage);
  return names_.emplace(declaration.addr, std::move(name)).first->second;
}

std::string FunctionNamer::FullName(Dwarf_Die declaration, int depth) {
  std::string_view linkage = LinkageName(&declaration);
  return linkage.empty() ? ScopedName(declaration, depth) : Demangle(linkage);
}

std::string FunctionNamer::ScopedName(Dwarf_Die declaration, int depth) {
  std::string_view own = StringAttribute(&declaration, DW_AT_name);
  if (own.empty()) return "";
  std::string name = NormalizeBrackets(own);
  for (Dwarf_Die scope : units_->IndexOf(declaration).Scopes(declaration)) {
    bool function = dwarf_tag(&scope) == DW_TAG_subprogram;
    std::string outer = !function           ? ScopeName(scope)
                        : depth < kMaxDepth ? FullName(Declaration(scope), depth + 1)
                                            : "";
    // g++ 12 gives the class of a lambda no name.
    if (outer == "{unnamed}" && name == "operator()") outer = "{lambda}";
    name.insert(0, outer.append("::"));
    if (function || name.size() > kMaxName) break;  // its full name has the scopes around it
  }
  name.resize(std::min(name.size(), kMaxName));
  return name;
}

}  // namespace seep
