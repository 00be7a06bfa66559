// What a pointer at some place points at, by debug information: the types of all modules that have
// it, asked by class, by address, or by a type that was found before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "heap/instances/class_names.h"
#include "heap/target.h"
#include "symbolizer/deadline.h"
#include "symbolizer/debug_file_locator.h"
#include "symbolizer/debug_types.h"

namespace seep {

class DebugPointers {
 public:
  struct Type {
    size_t module = 0;  // index into target.modules
    TypeId id;
    bool operator==(const Type&) const = default;
  };
  using Pointer = TypeLayout::Pointer;

  // Both must outlive this. Cost: a module's types are read when they are first needed, all
  // modules together for about `patience` at most.
  DebugPointers(const Target& target, ClassNames& names, DebugFileLocator::Options files,
                std::chrono::milliseconds patience);

  // What the pointer at `offset` of such objects, or at the module's ELF virtual address, points
  // at. Nothing: no debug information, no pointer there, or one to anything (void, char).
  std::optional<Type> InObject(size_t klass, uint64_t offset);
  std::optional<Type> InVariable(size_t module, uint64_t address);
  std::optional<Type> In(const Type& type, uint64_t offset);

  // "order::g_locks", "order::g_locks+0x10", "server+0x4010".
  std::string PlaceName(size_t module, uint64_t address);

  const std::string& NameOf(const Type& type) { return TypesOf(type.module)->NameOf(type.id); }
  // Of an object; 0: not described.
  uint64_t SizeOf(const Type& type) { return TypesOf(type.module)->LayoutOf(type.id).size; }
  const std::vector<Pointer>& PointersOf(const Type& type) {
    return TypesOf(type.module)->LayoutOf(type.id).pointers;
  }
  NodeKind NodeKindOf(const Type& type) { return TypesOf(type.module)->NodeKindOf(type.id); }

  // Nodes of containers, of all modules, one of each name.
  std::vector<Type> Nodes(NodeKind kind);

  // Modules whose debug information was there and could not be read to the end.
  uint64_t cut_short() const;

 private:
  struct ModuleTypes {
    LocatedFiles files;
    std::unique_ptr<DebugTypes> types;  // into files; null: no debug information
  };
  DebugTypes* TypesOf(size_t module);
  std::optional<Type> TypeOfClass(size_t klass);

  const Target& target_;
  ClassNames& names_;
  DebugFileLocator locator_;
  Deadline deadline_;
  std::vector<std::unique_ptr<ModuleTypes>> modules_;  // null: not asked for yet
  absl::flat_hash_map<size_t, std::optional<Type>> by_class_;
};

}  // namespace seep
