// From a DWARF function to the full name a programmer would write.
#pragma once

#include <elfutils/libdw.h>

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "symbolizer/unit_index.h"

namespace seep {

// The units that were asked for, each indexed once. Links between functions may cross units (LTO).
class UnitCache {
 public:
  // Of the unit that `die` lies in. Cost: the first time, a walk of that unit.
  const UnitIndex& IndexOf(Dwarf_Die die);

 private:
  absl::node_hash_map<const void*, UnitIndex> indexes_;  // by address of the unit's DIE
};

// The compiler writes a linkage name for everything that other files can see: demangled, that is
// the full name. What is private to a file (static, anonymous namespace, lambdas in those) has only
// its last word, and the rest comes from the scopes around its declaration; such a name has no
// parameters: "(anonymous namespace)::LockTable::Get". It is the same whether inlined or not.
class FunctionNamer {
 public:
  explicit FunctionNamer(UnitCache* units) : units_(units) {}

  // `function`: a subprogram or an inlined subroutine. Empty: it has no name. Hostile, ≤ 64 KiB.
  std::string Name(Dwarf_Die function);

 private:
  std::string FullName(Dwarf_Die declaration, int depth);
  std::string ScopedName(Dwarf_Die declaration, int depth);

  UnitCache* units_;
  absl::flat_hash_map<const void*, std::string> names_;  // by address of the declaration's DIE
};

}  // namespace seep
