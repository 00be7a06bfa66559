#include "heap/instances/class_names.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "symbolizer/demangle.h"

namespace seep {
namespace {

// A module with so many symbols that this is not enough leaves its classes without names.
constexpr auto kPatience = std::chrono::seconds(10);

}  // namespace

ModuleId ModuleOf(const Target& target, Address address) {
  auto after = std::upper_bound(
      target.modules.begin(), target.modules.end(), address,
      [](Address a, const LoadedModule& loaded) { return a < loaded.module.range.begin; });
  if (after == target.modules.begin() || !std::prev(after)->module.range.contains(address)) {
    return ModuleId();
  }
  return ModuleId(static_cast<size_t>(std::prev(after) - target.modules.begin()));
}

CodeLocation Locate(const Target& target, Address address) {
  ModuleId module = ModuleOf(target, address);
  if (module.is_none()) return {module, address.value()};
  return {module, address.value() - target.modules[module.index()].module.load_bias};
}

const std::string& ClassNames::NameOf(size_t klass) {
  if (klass >= names_.size()) names_.resize(oracle_.classes().size());
  if (names_[klass].empty()) names_[klass] = Find(oracle_.classes()[klass]);
  return names_[klass];
}

ModuleId ClassNames::ModuleOfVtable(size_t klass) const {
  return ModuleOf(target_, oracle_.classes()[klass].vtable);
}

std::string ClassNames::Find(const VtableOracle::SeenClass& seen) {
  if (!seen.mangled.empty()) return DemangleClass(seen.mangled);
  CodeLocation vtable = Locate(target_, seen.vtable);
  if (vtable.module.is_none()) return absl::StrCat("(vtable at 0x", absl::Hex(vtable.offset), ")");
  const Module& module = target_.modules[vtable.module.index()].module;
  std::unique_ptr<ModuleSymbols>& symbols = symbols_[vtable.module.index()];
  if (symbols == nullptr) {
    symbols = std::make_unique<ModuleSymbols>(module, locator_, Deadline(kPatience));
  }
  std::string mangled = symbols->VtableClass(vtable.offset);
  if (!mangled.empty()) return DemangleClass(mangled);
  std::string file = module.path.substr(module.path.rfind('/') + 1);  // npos + 1: all of it
  return absl::StrCat("(vtable at ", file, "+0x", absl::Hex(vtable.offset), ")");
}

std::vector<size_t> ClassNames::BasesOf(size_t klass) const {
  std::vector<size_t> queue = {klass};
  absl::flat_hash_set<size_t> seen = {klass};
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const VtableOracle::Base& base : oracle_.classes()[queue[i]].bases) {
      if (seen.insert(base.klass).second) queue.push_back(base.klass);
    }
  }
  queue.erase(queue.begin());
  return queue;
}

std::vector<NamedClass> ClassNames::All() {
  std::vector<NamedClass> all(oracle_.classes().size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].name = NameOf(i);
    for (size_t base : BasesOf(i)) all[i].bases.push_back(NameOf(base));
  }
  return all;
}

}  // namespace seep
