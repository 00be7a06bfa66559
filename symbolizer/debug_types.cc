#include "symbolizer/debug_types.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "symbolizer/demangle.h"

namespace seep {
namespace {

constexpr size_t kMaxDepth = 256;  // of nested entries
constexpr size_t kMaxTypes = size_t{1} << 22;
constexpr size_t kMaxNodes = size_t{1} << 14;
constexpr int kMaxPeels = 64;      // typedefs and qualifiers around a type
constexpr int kMaxNameDepth = 16;  // pointers to pointers to …

struct NodeTemplate {
  NodeKind kind;
  std::string_view name;       // of the node
  std::string_view base;       // that the links are declared as
  std::string_view container;  // that holds the first link …
  size_t value_argument;       // … and which of its arguments the value is
};
constexpr std::array<NodeTemplate, 4> kNodes = {{
    {NodeKind::kHash, "_Hash_node<", "_Hash_node_base", "_Hashtable<", 1},
    {NodeKind::kTree, "_Rb_tree_node<", "_Rb_tree_node_base", "_Rb_tree<", 1},
    {NodeKind::kList, "_List_node<", "_List_node_base", "_List_base<", 0},
    {NodeKind::kForwardList, "_Fwd_list_node<", "_Fwd_list_node_base", "_Fwd_list_base<", 0},
}};

uint64_t HashOfName(std::string_view name) {
  return absl::Hash<std::string>()(ComparableTypeName(name));
}

// Bytes in which a node has its value.
bool IsBuffer(std::string_view name) {
  return name.starts_with("__aligned_buffer<") || name.starts_with("__aligned_membuf<");
}

bool IsClass(int tag) {
  return tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

bool IsScope(int tag) {
  return IsClass(tag) || tag == DW_TAG_namespace || tag == DW_TAG_subprogram;
}

bool IsFlag(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  bool value = false;
  return dwarf_attr(die, name, &attribute) != nullptr && dwarf_formflag(&attribute, &value) == 0 &&
         value;
}

std::optional<Dwarf_Die> TypeOf(Dwarf_Die die) {
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  if (dwarf_attr_integrate(&die, DW_AT_type, &attribute) == nullptr ||
      dwarf_formref_die(&attribute, &type) == nullptr) {
    return std::nullopt;
  }
  return type;
}

// Without typedefs and qualifiers.
std::optional<Dwarf_Die> Peel(std::optional<Dwarf_Die> die) {
  for (int i = 0; die && i < kMaxPeels; ++i) {
    switch (dwarf_tag(&*die)) {
      case DW_TAG_typedef:
      case DW_TAG_const_type:
      case DW_TAG_volatile_type:
      case DW_TAG_restrict_type:
      case DW_TAG_atomic_type:
        die = TypeOf(*die);
        break;
      default:
        return die;
    }
  }
  return std::nullopt;
}

bool IsPointer(int tag) {
  return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
         tag == DW_TAG_rvalue_reference_type;
}

uint64_t SizeOf(Dwarf_Die die) {
  Dwarf_Word size = 0;
  return dwarf_aggregate_size(&die, &size) == 0 ? size : 0;
}

// Calls visit(child) for each child, until it returns false.
template <typename Visit>
void ForEachChild(Dwarf_Die parent, Visit visit) {
  Dwarf_Die child;
  if (dwarf_child(&parent, &child) != 0) return;
  do {
    if (!visit(child)) return;
  } while (dwarf_siblingof(&child, &child) == 0);
}

// Template parameter number `index` of a class, if it is a type.
std::optional<Dwarf_Die> TemplateArgument(const Dwarf_Die& klass, size_t index) {
  std::optional<Dwarf_Die> found;
  ForEachChild(klass, [&](Dwarf_Die& child) {
    int tag = dwarf_tag(&child);
    if (tag != DW_TAG_template_type_parameter && tag != DW_TAG_template_value_parameter)
      return true;
    if (index-- > 0) return true;
    found = TypeOf(child);
    return false;
  });
  return found;
}

}  // namespace

// All entries of all units, once.
class DebugTypes::Walk {
 public:
  Walk(DebugTypes& types, const Deadline& deadline) : types_(types), deadline_(deadline) {}

  void Run() {
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die;
    Dwarf_Die type;
    uint8_t kind = 0;
    while (dwarf_get_units(types_.dwarf_.get(), unit, &unit, nullptr, &kind, &die, &type) == 0) {
      if (!WalkUnit(die)) break;
    }
  }

 private:
  struct Level {
    Dwarf_Die die;
    int outer;  // the scope around it
  };

  bool WalkUnit(Dwarf_Die unit) {
    std::vector<Level> path;
    Dwarf_Die die;
    int scope = TypeScopes::kNone;
    declared_.clear();
    if (dwarf_child(&unit, &die) != 0) return true;
    for (;;) {
      if (!MayGoOn()) return false;
      int tag = dwarf_tag(&die);
      int outer = ScopeAround(die, scope);
      Visit(die, tag, outer);
      Dwarf_Die child;
      bool inside = IsScope(tag) || tag == DW_TAG_lexical_block;
      if (inside && path.size() < kMaxDepth && dwarf_child(&die, &child) == 0) {
        path.push_back({die, scope});
        if (IsScope(tag)) scope = types_.scopes_.AddScope(die, outer);
        die = child;
        continue;
      }
      while (dwarf_siblingof(&die, &die) != 0) {
        if (path.empty()) return true;
        die = path.back().die;
        scope = path.back().outer;
        path.pop_back();
      }
    }
  }

  // What is declared in a scope may be defined outside of it, and refers to its declaration then.
  int ScopeAround(Dwarf_Die& die, int scope) {
    if (IsFlag(&die, DW_AT_declaration)) declared_[die.addr] = scope;
    Dwarf_Attribute attribute;
    Dwarf_Die declaration;
    if (dwarf_attr(&die, DW_AT_specification, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &declaration) == nullptr) {
      return scope;
    }
    auto declared = declared_.find(declaration.addr);
    return declared == declared_.end() ? scope : declared->second;
  }

  bool MayGoOn() {
    constexpr uint64_t kLook = 4096;  // entries between looks at the clock
    if (types_.scopes_.size() < kMaxTypes && (++seen_ % kLook != 0 || !deadline_.passed())) {
      return true;
    }
    types_.cut_short_ = true;
    return false;
  }

  void Visit(Dwarf_Die& die, int tag, int scope) {
    if (tag == DW_TAG_variable) return VisitVariable(die, scope);
    if (!IsClass(tag) && tag != DW_TAG_enumeration_type) return;
    types_.scopes_.Add(die, scope);
    if (!IsClass(tag) || IsFlag(&die, DW_AT_declaration) || dwarf_diename(&die) == nullptr) return;
    std::string name = OwnName(die);
    types_.complete_.try_emplace(HashOfName(types_.scopes_.Prefix(scope) + name), die);
    for (const NodeTemplate& node : kNodes) {
      if (!name.starts_with(node.name) || types_.nodes_.size() >= kMaxNodes) continue;
      types_.nodes_.push_back({node.kind, die});
      break;
    }
  }

  // One at a fixed address; others come and go.
  void VisitVariable(Dwarf_Die& die, int scope) {
    Dwarf_Attribute attribute;
    Dwarf_Block block;
    uint64_t address;
    if (dwarf_attr(&die, DW_AT_location, &attribute) == nullptr ||
        dwarf_formblock(&attribute, &block) != 0 || block.length != 1 + sizeof(address) ||
        block.data[0] != DW_OP_addr) {
      return;
    }
    std::memcpy(&address, block.data + 1, sizeof(address));
    types_.variables_.push_back({address, die, scope});
  }

  DebugTypes& types_;
  const Deadline& deadline_;
  absl::flat_hash_map<const void*, int> declared_;  // in this unit: address of the DIE → its scope
  uint64_t seen_ = 0;
};

// The pointers in one type, its bases, members and arrays opened.
class DebugTypes::LayoutReader {
 public:
  LayoutReader(DebugTypes& types, TypeId self) : types_(types), self_(self) {}

  TypeLayout Read(const Dwarf_Die& die) {
    layout_.size = SizeOf(die);
    Open(die, {.offset = 0, .depth = 0, .alternative = false, .container = nullptr, .value = {}});
    std::sort(layout_.pointers.begin(), layout_.pointers.end(),
              [](const auto& a, const auto& b) { return a.offset < b.offset; });
    return std::move(layout_);
  }

 private:
  static constexpr size_t kMaxPointers = 4096;
  static constexpr size_t kMaxSteps = 1 << 16;
  static constexpr int kMaxNesting = 48;
  static constexpr uint64_t kMaxElements = 64;  // of an array

  // Where in the object we are, and in which container.
  struct Place {
    uint64_t offset;
    int depth;
    bool alternative;
    const NodeTemplate* container;
    std::optional<Dwarf_Die> value;  // of that container
  };

  void Open(std::optional<Dwarf_Die> type, Place place) {
    type = types_.Describe(type);
    if (!type || place.depth > kMaxNesting || ++steps_ > kMaxSteps) return;
    int tag = dwarf_tag(&*type);
    if (IsPointer(tag)) {
      if (layout_.pointers.size() >= kMaxPointers) return;
      layout_.pointers.push_back({place.offset, Pointee(*type, place), place.alternative});
    } else if (tag == DW_TAG_array_type) {
      OpenArray(*type, place);
    } else if (IsClass(tag)) {
      OpenClass(*type, place);
    }
  }

  void OpenClass(const Dwarf_Die& klass, Place place) {
    std::string name = OwnName(klass);
    ++place.depth;
    if (IsBuffer(name)) return Open(TemplateArgument(klass, 0), place);
    for (const NodeTemplate& node : kNodes) {
      if (!name.starts_with(node.container)) continue;
      place.container = &node;
      place.value = TemplateArgument(klass, node.value_argument);
    }
    Dwarf_Die copy = klass;
    place.alternative |= dwarf_tag(&copy) == DW_TAG_union_type;
    uint64_t start = place.offset;
    ForEachChild(klass, [&](Dwarf_Die& child) {
      int tag = dwarf_tag(&child);
      if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
      if (IsFlag(&child, DW_AT_external) || dwarf_hasattr(&child, DW_AT_bit_size) != 0) return true;
      Dwarf_Attribute attribute;
      Dwarf_Word offset = 0;  // of a union's members: not written down
      bool has_offset = dwarf_attr(&child, DW_AT_data_member_location, &attribute) != nullptr;
      // An expression: a virtual base, which lies elsewhere in each derived class.
      if (has_offset && dwarf_formudata(&attribute, &offset) != 0) return true;
      place.offset = start + offset;
      Open(TypeOf(child), place);
      return true;
    });
  }

  void OpenArray(const Dwarf_Die& array, Place place) {
    std::optional<Dwarf_Die> element = types_.Describe(TypeOf(array));
    if (!element) return;
    uint64_t size = SizeOf(*element), whole = SizeOf(array), start = place.offset;
    if (size == 0) return;
    ++place.depth;
    for (uint64_t i = 0; i < std::min(whole / size, kMaxElements); ++i) {
      place.offset = start + i * size;
      Open(element, place);
    }
  }

  // Links are declared as pointers to a base of all nodes; the container knows what they lead to.
  TypeId Pointee(const Dwarf_Die& pointer, const Place& place) {
    std::optional<Dwarf_Die> pointee = Peel(TypeOf(pointer));
    if (!pointee) return TypeId();
    std::string name = OwnName(*pointee);
    for (const NodeTemplate& node : kNodes) {
      if (name != node.base) continue;
      if (types_.NodeKindOf(self_) == node.kind) return self_;
      if (place.container == nullptr || place.container->base != node.base || !place.value) {
        return TypeId();
      }
      return NodeOf(node, types_.QualifiedName(*place.value, 0));
    }
    return types_.InternPeeled(*pointee);
  }

  TypeId NodeOf(const NodeTemplate& node, const std::string& value) {
    std::string start = node.kind == NodeKind::kHash ? "std::__detail::" : "std::";
    start += std::string(node.name) + value;
    if (node.kind != NodeKind::kHash) return types_.Find(start + ">");
    TypeId caches_hash = types_.Find(start + ",true>");
    return caches_hash.is_none() ? types_.Find(start + ",false>") : caches_hash;
  }

  DebugTypes& types_;
  const TypeId self_;
  TypeLayout layout_;
  size_t steps_ = 0;
};

absl::StatusOr<std::unique_ptr<DebugTypes>> DebugTypes::Open(const ElfFile& file,
                                                             const Deadline& deadline) {
  std::unique_ptr<Dwarf, End> dwarf(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr));
  if (dwarf == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(file.path(), ": ", dwarf_errmsg(-1)));
  }
  auto types = std::unique_ptr<DebugTypes>(new DebugTypes(std::move(dwarf)));
  Walk(*types, deadline).Run();
  types->scopes_.Sort();
  std::sort(types->variables_.begin(), types->variables_.end(),
            [](const Variable& a, const Variable& b) { return a.address < b.address; });
  return types;
}

TypeId DebugTypes::Intern(const Dwarf_Die& die) {
  auto [it, fresh] = ids_.try_emplace(die.addr, TypeId(types_.size()));
  if (fresh) types_.push_back({die, std::nullopt, std::nullopt});
  return it->second;
}

// Of all descriptions of a class, declarations included, the first complete one; but two units may
// each have a class of one name in an anonymous namespace.
TypeId DebugTypes::InternPeeled(Dwarf_Die die) {
  int tag = dwarf_tag(&die);
  if (tag == DW_TAG_subroutine_type || tag == DW_TAG_unspecified_type) return TypeId();
  if (!IsClass(tag) || dwarf_diename(&die) == nullptr) return Intern(die);
  TypeId first = Find(QualifiedName(die, 0));
  if (first.is_none()) return Intern(die);
  bool same = IsFlag(&die, DW_AT_declaration) || SizeOf(die) == SizeOf(types_[first.index()].die);
  return same ? first : Intern(die);
}

// The type itself: without typedefs and qualifiers, and where a class is only declared here, as
// units with one type each do with all others, where it is described.
std::optional<Dwarf_Die> DebugTypes::Describe(std::optional<Dwarf_Die> die) {
  die = Peel(die);
  if (!die || !IsClass(dwarf_tag(&*die)) || !IsFlag(&*die, DW_AT_declaration)) return die;
  auto described = complete_.find(HashOfName(QualifiedName(*die, 0)));
  return described == complete_.end() ? die : described->second;
}

TypeId DebugTypes::Find(std::string_view name) {
  auto it = complete_.find(HashOfName(name));
  return it == complete_.end() ? TypeId() : Intern(it->second);
}

std::string DebugTypes::QualifiedName(Dwarf_Die die, int depth) const {
  if (depth > kMaxNameDepth) return "…";
  switch (int tag = dwarf_tag(&die)) {
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
    case DW_TAG_array_type: {
      std::optional<Dwarf_Die> inner = TypeOf(die);
      std::string name = inner ? QualifiedName(*inner, depth + 1) : "void";
      if (tag == DW_TAG_const_type) return "const " + name;
      if (tag == DW_TAG_volatile_type) return "volatile " + name;
      if (tag == DW_TAG_array_type) return name + "[]";
      return name + (tag == DW_TAG_pointer_type ? "*" : tag == DW_TAG_reference_type ? "&" : "&&");
    }
    case DW_TAG_typedef:
      if (std::optional<Dwarf_Die> inner = TypeOf(die)) return QualifiedName(*inner, depth + 1);
      return OwnName(die);
    default:
      return scopes_.Prefix(scopes_.ScopeOf(die)) + OwnName(die);
  }
}

const std::string& DebugTypes::NameOf(TypeId type) {
  std::optional<std::string>& name = types_[type.index()].name;
  if (!name) name = NormalizeBrackets(QualifiedName(types_[type.index()].die, 0));
  return *name;
}

const TypeLayout& DebugTypes::LayoutOf(TypeId type) {
  if (!types_[type.index()].layout) {
    TypeLayout layout = LayoutReader(*this, type).Read(types_[type.index()].die);
    types_[type.index()].layout = std::move(layout);
  }
  return *types_[type.index()].layout;
}

std::vector<TypeId> DebugTypes::Nodes(NodeKind kind) {
  std::vector<TypeId> nodes;
  for (const auto& [its_kind, die] : nodes_) {
    if (its_kind == kind) nodes.push_back(InternPeeled(die));
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

NodeKind DebugTypes::NodeKindOf(TypeId type) {
  std::string name = OwnName(types_[type.index()].die);
  for (const NodeTemplate& node : kNodes) {
    if (name.starts_with(node.name)) return node.kind;
  }
  return NodeKind::kNone;
}

std::optional<DebugVariable> DebugTypes::VariableAt(uint64_t address) {
  auto after = std::upper_bound(variables_.begin(), variables_.end(), address,
                                [](uint64_t a, const Variable& v) { return a < v.address; });
  if (after == variables_.begin()) return std::nullopt;
  Variable& variable = *std::prev(after);
  std::optional<Dwarf_Die> type = Describe(TypeOf(variable.die));
  if (!type || address - variable.address >= SizeOf(*type)) return std::nullopt;
  Dwarf_Attribute attribute;
  const char* linkage = nullptr;
  if (dwarf_attr_integrate(&variable.die, DW_AT_linkage_name, &attribute) != nullptr) {
    linkage = dwarf_formstring(&attribute);
  }
  std::string name = linkage != nullptr
                         ? Demangle(std::string_view(linkage, strnlen(linkage, 4096)))
                         : scopes_.Prefix(variable.scope) + OwnName(variable.die);
  return DebugVariable{std::move(name), variable.address, InternPeeled(*type)};
}

}  // namespace seep
