// One compile unit of DWARF, walked once: which function lies where, and in which scopes functions
// were declared whose full name the compiler did not write down.
//
// A unit is a tree of entries (DIEs), laid out in memory in the order of a walk: an entry, then its
// children, then its next sibling. An entry is identified by its address there.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <vector>

#include "symbolizer/range_index.h"

namespace seep {

// A walk of our own, because libdw's search by address (dwarf_getscopes) walks the whole unit again
// for each address, and .debug_aranges, which would at least find the unit, is not written by
// Clang. Cost: about 4 ms a MiB of the unit.
class UnitIndex {
 public:
  // `unit`: the DIE of the unit itself. Nesting deeper than 256 is not looked into.
  explicit UnitIndex(const Dwarf_Die& unit);

  // The function with code at `address`, innermost of nested ones. nullptr: none.
  const Dwarf_Die* Function(uint64_t address) const { return functions_.Find(address); }

  // The scopes around the declaration of `function`, which is of this unit and has no linkage name:
  // namespaces, classes and functions, innermost first.
  std::vector<Dwarf_Die> Scopes(const Dwarf_Die& function) const;

 private:
  struct Scope {
    Dwarf_Die die;
    int parent;  // index into scopes_; −1: the unit
  };
  struct Declaration {
    const void* die;
    int scope;
  };
  struct Level;  // of the walk

  void Walk(const Dwarf_Die& unit);
  void Visit(Dwarf_Die* die, std::vector<Level>* path);
  int ScopeOf(std::vector<Level>* path);

  RangeIndex<Dwarf_Die> functions_;
  std::vector<Scope> scopes_;
  std::vector<Declaration> declarations_;  // by address of the DIE
};

}  // namespace seep
