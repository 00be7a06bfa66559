// What the classes of a target are called, as the report calls them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "heap/target.h"
#include "heap/vtable_oracle.h"
#include "snapshot/instances.h"
#include "symbolizer/module_symbols.h"

namespace seep {

class ClassNames {
 public:
  // `target` and `oracle` must outlive this.
  ClassNames(const Target& target, const VtableOracle& oracle, DebugFileLocator::Options files)
      : target_(target), oracle_(oracle), locator_(std::move(files)) {}

  // Of oracle.classes()[klass]: from RTTI, else from its vtable's symbol, else "(vtable at
  // server+0x1f40)". Cost: the first time that a module's symbols are needed, they are read.
  const std::string& NameOf(size_t klass);

  // Index into target.modules, or none: where its vtable lies.
  ModuleId ModuleOfVtable(size_t klass) const;

  // Indexes into oracle.classes(): all bases, nearest first, each once.
  std::vector<size_t> BasesOf(size_t klass) const;

  // All that the oracle has met.
  std::vector<NamedClass> All();

 private:
  std::string Find(const VtableOracle::SeenClass& seen);

  const Target& target_;
  const VtableOracle& oracle_;
  DebugFileLocator locator_;
  std::vector<std::string> names_;  // by index; empty: not asked for yet
  absl::flat_hash_map<size_t, std::unique_ptr<ModuleSymbols>> symbols_;  // by module
};

// Index into target.modules of the one that holds `address`, or none.
ModuleId ModuleOf(const Target& target, Address address);

// Where in which module; without one, the address itself.
CodeLocation Locate(const Target& target, Address address);

}  // namespace seep
