#include "heap/census/debug_pointers.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace seep {

DebugPointers::DebugPointers(const Target& target, ClassNames& names,
                             DebugFileLocator::Options files, std::chrono::milliseconds patience)
    : target_(target),
      names_(names),
      locator_(std::move(files)),
      deadline_(patience),
      modules_(target.modules.size()) {}

DebugTypes* DebugPointers::TypesOf(size_t module) {
  std::unique_ptr<ModuleTypes>& known = modules_[module];
  if (known == nullptr) {
    known = std::make_unique<ModuleTypes>();
    known->files = locator_.Locate(target_.modules[module].module);
    if (known->files.missing.empty()) {
      const LocatedFiles& files = known->files;
      auto types = DebugTypes::Open(files.debug ? *files.debug : *files.binary, deadline_);
      if (types.ok()) known->types = *std::move(types);
    }
  }
  return known->types.get();
}

uint64_t DebugPointers::cut_short() const {
  return static_cast<uint64_t>(std::count_if(modules_.begin(), modules_.end(), [](const auto& m) {
    return m != nullptr && m->types != nullptr && m->types->cut_short();
  }));
}

// The module that has the vtable describes the class, as a rule; else any that knows the name.
std::optional<DebugPointers::Type> DebugPointers::TypeOfClass(size_t klass) {
  auto [it, fresh] = by_class_.try_emplace(klass);
  if (!fresh) return it->second;
  const std::string& name = names_.NameOf(klass);
  std::vector<size_t> order;
  ModuleId own = names_.ModuleOfVtable(klass);
  if (!own.is_none()) order.push_back(own.index());
  for (size_t i = 0; i < modules_.size(); ++i) {
    if (own.is_none() || i != own.index()) order.push_back(i);
  }
  for (size_t module : order) {
    DebugTypes* types = TypesOf(module);
    TypeId id = types == nullptr ? TypeId() : types->Find(name);
    if (id.is_none()) continue;
    it->second = Type{module, id};
    break;
  }
  return it->second;
}

std::optional<DebugPointers::Type> DebugPointers::In(const Type& type, uint64_t offset) {
  std::optional<Type> found;
  for (const Pointer& pointer : PointersOf(type)) {
    if (pointer.offset != offset || pointer.pointee.is_none()) continue;
    if (!found || !pointer.alternative) found = Type{type.module, pointer.pointee};
  }
  return found;
}

std::optional<DebugPointers::Type> DebugPointers::InObject(size_t klass, uint64_t offset) {
  std::optional<Type> type = TypeOfClass(klass);
  return type ? In(*type, offset) : std::nullopt;
}

std::optional<DebugPointers::Type> DebugPointers::InVariable(size_t module, uint64_t address) {
  DebugTypes* types = TypesOf(module);
  std::optional<DebugVariable> variable;
  if (types != nullptr) variable = types->VariableAt(address);
  if (!variable || variable->type.is_none()) return std::nullopt;
  return In({module, variable->type}, address - variable->address);
}

std::string DebugPointers::PlaceName(size_t module, uint64_t address) {
  DebugTypes* types = TypesOf(module);
  if (types != nullptr) {
    if (std::optional<DebugVariable> variable = types->VariableAt(address)) {
      uint64_t offset = address - variable->address;
      return offset == 0 ? variable->name : absl::StrCat(variable->name, "+0x", absl::Hex(offset));
    }
  }
  const std::string& path = target_.modules[module].module.path;
  return absl::StrCat(path.substr(path.rfind('/') + 1), "+0x", absl::Hex(address));
}

std::vector<DebugPointers::Type> DebugPointers::Nodes(NodeKind kind) {
  std::vector<Type> nodes;
  absl::flat_hash_set<std::string> names;
  for (size_t module = 0; module < modules_.size(); ++module) {
    DebugTypes* types = TypesOf(module);
    if (types == nullptr) continue;
    for (TypeId id : types->Nodes(kind)) {
      if (names.insert(types->NameOf(id)).second) nodes.push_back({module, id});
    }
  }
  return nodes;
}

}  // namespace seep
