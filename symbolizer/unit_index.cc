#include "symbolizer/unit_index.h"

#include <dwarf.h>

#include <algorithm>
#include <cstddef>
#include <functional>

namespace seep {
namespace {

constexpr size_t kMaxDepth = 256;
constexpr int kMaxRanges = 1024;  // of one function; a hot and a cold part are usual

bool IsNamedScope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
         tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_subprogram;
}

bool HasCode(Dwarf_Die* die) {
  return dwarf_hasattr(die, DW_AT_low_pc) != 0 || dwarf_hasattr(die, DW_AT_ranges) != 0;
}

// Declared here, and not the copy of a declaration elsewhere.
bool IsUnlinkedDeclaration(Dwarf_Die* die) {
  return dwarf_hasattr(die, DW_AT_linkage_name) == 0 &&
         dwarf_hasattr(die, DW_AT_MIPS_linkage_name) == 0 &&
         dwarf_hasattr(die, DW_AT_abstract_origin) == 0 &&
         dwarf_hasattr(die, DW_AT_specification) == 0;
}

}  // namespace

// A scope that the walk is inside of.
struct UnitIndex::Level {
  Dwarf_Die die;
  bool named;      // lexical blocks add nothing to a name
  int scope = -1;  // its index in scopes_, once a declaration needed it
};

UnitIndex::UnitIndex(const Dwarf_Die& unit) {
  Walk(unit);
  functions_.Sort();
}

void UnitIndex::Walk(const Dwarf_Die& unit) {
  std::vector<Level> path;
  Dwarf_Die root = unit;
  Dwarf_Die die;
  if (dwarf_child(&root, &die) != 0) return;
  for (;;) {
    int tag = dwarf_tag(&die);
    if (tag == DW_TAG_subprogram) Visit(&die, &path);
    Dwarf_Die child;
    bool inside = IsNamedScope(tag) || tag == DW_TAG_lexical_block;
    if (inside && path.size() < kMaxDepth && dwarf_child(&die, &child) == 0) {
      path.push_back({die, IsNamedScope(tag)});
      die = child;
      continue;
    }
    while (dwarf_siblingof(&die, &die) != 0) {
      if (path.empty()) return;
      die = path.back().die;
      path.pop_back();
    }
  }
}

void UnitIndex::Visit(Dwarf_Die* die, std::vector<Level>* path) {
  if (HasCode(die)) {
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    ptrdiff_t at = 0;
    for (int n = 0; n < kMaxRanges; ++n) {
      at = dwarf_ranges(die, at, &base, &begin, &end);
      if (at <= 0) break;
      functions_.Add(begin, end, *die);
    }
  }
  if (path->empty() || !IsUnlinkedDeclaration(die)) return;
  declarations_.push_back({die->addr, ScopeOf(path)});
}

// Enters the named levels of `path` into scopes_, those that are not there yet.
int UnitIndex::ScopeOf(std::vector<Level>* path) {
  int parent = -1;
  for (Level& level : *path) {
    if (!level.named) continue;
    if (level.scope < 0) {
      level.scope = static_cast<int>(scopes_.size());
      scopes_.push_back({level.die, parent});
    }
    parent = level.scope;
  }
  return parent;
}

std::vector<Dwarf_Die> UnitIndex::Scopes(const Dwarf_Die& function) const {
  // The walk goes upwards in memory, so the declarations are in order.
  auto it = std::lower_bound(
      declarations_.begin(), declarations_.end(), function.addr,
      [](const Declaration& d, const void* die) { return std::less<>()(d.die, die); });
  std::vector<Dwarf_Die> scopes;
  if (it == declarations_.end() || it->die != function.addr) return scopes;
  for (int i = it->scope; i >= 0; i = scopes_[static_cast<size_t>(i)].parent) {
    scopes.push_back(scopes_[static_cast<size_t>(i)].die);
  }
  return scopes;
}

}  // namespace seep
