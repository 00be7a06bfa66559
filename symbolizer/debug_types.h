// The types of one module as its DWARF describes them: where in a class the pointers lie, and what
// they point at. That is how an object without a vtable gets a name: somebody holds it by a pointer
// that has a type.
//
//   Entry                                     LayoutOf(Entry)
//   └ lock : std::unique_ptr<OrderLock>       +0  OrderLock*
//     └ … └ _M_head_impl : OrderLock*         8 bytes
//   └ users : unsigned
//
// Types are one by name: a class that 500 units describe is the first of them.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "symbolizer/deadline.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/type_scopes.h"

namespace seep {

using TypeId = Id<struct DebugTypeTag>;

struct TypeLayout {
  struct Pointer {
    uint64_t offset = 0;       // in the object
    TypeId pointee = {};       // none: void, a function, or not described
    bool alternative = false;  // in a union: the bytes may be something else
  };
  uint64_t size = 0;              // bytes; 0: not known
  std::vector<Pointer> pointers;  // those of bases, members and arrays, too; at most 4,096
};

// Nodes of libstdc++'s containers; each has its links first, then the value.
enum class NodeKind : uint8_t { kNone, kHash, kTree, kList, kForwardList };

struct DebugVariable {
  std::string name;      // qualified; hostile
  uint64_t address = 0;  // ELF virtual address
  TypeId type;
};

// Not read: split DWARF, and the supplementary file of dwz; of programs built with
// -fdebug-types-section, the insides of containers. Not thread-safe; separate objects are.
class DebugTypes {
 public:
  // `file` must outlive it. Cost: one walk over all entries, about 4 ms a MiB of .debug_info; some
  // 60 bytes a type. When the deadline passes, what was found so far counts (`cut_short`).
  // INVALID_ARGUMENT: libdw finds no DWARF.
  static absl::StatusOr<std::unique_ptr<DebugTypes>> Open(const ElfFile& file,
                                                          const Deadline& deadline);

  bool cut_short() const { return cut_short_; }

  // The class that is described under this name, as the demangler or DWARF spells it.
  TypeId Find(std::string_view name);

  // "order::OrderLock", "char", "Foo*"; "" where DWARF has none. Hostile.
  const std::string& NameOf(TypeId type);

  const TypeLayout& LayoutOf(TypeId type);

  // All complete node types of that kind.
  std::vector<TypeId> Nodes(NodeKind kind);
  NodeKind NodeKindOf(TypeId type);

  // The variable with static storage that covers the address.
  std::optional<DebugVariable> VariableAt(uint64_t address);

 private:
  struct End {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  struct Type {
    Dwarf_Die die;
    std::optional<std::string> name;
    std::optional<TypeLayout> layout;
  };
  struct Variable {
    uint64_t address;
    Dwarf_Die die;
    int scope;
  };
  class Walk;
  class LayoutReader;

  explicit DebugTypes(std::unique_ptr<Dwarf, End> dwarf) : dwarf_(std::move(dwarf)) {}
  TypeId Intern(const Dwarf_Die& die);
  TypeId InternPeeled(Dwarf_Die die);
  std::optional<Dwarf_Die> Describe(std::optional<Dwarf_Die> die);
  std::string QualifiedName(Dwarf_Die die, int depth) const;

  std::unique_ptr<Dwarf, End> dwarf_;
  TypeScopes scopes_;
  absl::flat_hash_map<uint64_t, Dwarf_Die> complete_;  // by hash of the name
  std::vector<std::pair<NodeKind, Dwarf_Die>> nodes_;
  std::vector<Variable> variables_;  // by address
  std::deque<Type> types_;           // by TypeId; names and layouts stay where they are
  absl::flat_hash_map<const void*, TypeId> ids_;  // by address of the DIE
  bool cut_short_ = false;
};

}  // namespace seep
