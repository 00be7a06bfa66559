#include "analysis/site_type.h"

#include <vector>

#include "absl/strings/strip.h"
#include "analysis/allocator_frames.h"
#include "analysis/cpp_name.h"

namespace seep {
namespace {

constexpr std::string_view kElements = "elements";

// Library templates that wrap one object: libstdc++'s names, then libc++'s.
struct Wrapper {
  std::string_view name;
  std::string_view form;
};
constexpr Wrapper kWrappers[] = {
    {"_Sp_counted_ptr_inplace", "make_shared"},
    {"_Hash_node", "hash node"},
    {"_Rb_tree_node", "tree node"},
    {"_List_node", "list node"},
    {"_Fwd_list_node", "list node"},
    {"__shared_ptr_emplace", "make_shared"},
    {"__hash_node", "hash node"},
    {"__tree_node", "tree node"},
    {"__list_node", "list node"},
};

// Functions whose template arguments tell what they allocate. `scope` is the class template that
// they are members of; empty: the function itself is the template. `function` is a prefix of its
// name. The first rule that fits counts, so that a table's bucket array is not called a node.
struct Rule {
  std::string_view scope;
  std::string_view function;
  size_t argument;
  std::string_view form;
};
constexpr Rule kRules[] = {
    {"", "make_unique", 0, ""},
    {"", "make_shared", 0, "make_shared"},
    {"", "allocate_shared", 0, "make_shared"},
    {"new_allocator", "allocate", 0, kElements},
    {"__new_allocator", "allocate", 0, kElements},
    {"allocator", "allocate", 0, kElements},
    {"vector", "", 0, kElements},
    {"_Vector_base", "", 0, kElements},
    {"deque", "", 0, kElements},
    {"_Deque_base", "", 0, kElements},
    {"basic_string", "", 0, kElements},
    {"list", "", 0, "list node"},
    {"forward_list", "", 0, "list node"},
    {"_Rb_tree", "", 1, "tree node"},
    // _M_insert_unique_node gets a finished node; what it allocates is a larger bucket array.
    {"_Hashtable", "_M_rehash", 1, "hash buckets"},
    {"_Hashtable", "_M_allocate_buckets", 1, "hash buckets"},
    {"_Hashtable", "_M_insert_unique_node", 1, "hash buckets"},
    {"_Hashtable", "_M_insert_multi_node", 1, "hash buckets"},
    {"_Hashtable", "rehash", 1, "hash buckets"},
    {"_Hashtable", "", 1, "hash node"},
    {"_Map_base", "", 1, "hash node"},
};

bool IsLibrary(const std::vector<NamePart>& parts) {
  return parts.size() > 1 && (parts[0].name == "std" || parts[0].name == "__gnu_cxx");
}

std::optional<std::string> Argument(std::string_view arguments, size_t index) {
  std::vector<std::string_view> split = SplitArguments(arguments);
  if (index >= split.size() || split[index].empty()) return std::nullopt;
  return std::string(split[index]);
}

// The arguments that `rule` reads from a function of this name.
std::optional<std::string_view> Match(const Rule& rule, const std::vector<NamePart>& parts) {
  const NamePart& function = parts.back();
  if (!function.name.starts_with(rule.function)) return std::nullopt;
  if (rule.scope.empty()) return function.arguments;
  const NamePart& scope = parts[parts.size() - 2];
  if (scope.name != rule.scope) return std::nullopt;
  return scope.arguments;
}

std::optional<HeldType> TypeFromFunction(std::string_view demangled) {
  std::vector<NamePart> parts = SplitName(QualifiedName(demangled));
  if (!IsLibrary(parts)) return std::nullopt;
  for (const Rule& rule : kRules) {
    std::optional<std::string_view> arguments = Match(rule, parts);
    if (!arguments) continue;
    std::optional<std::string> type = Argument(*arguments, rule.argument);
    // An allocator of bare links serves a bucket array; the table's own frame says of what.
    if (!type || type->ends_with("_node_base*")) return std::nullopt;
    if (std::optional<HeldType> held = UnwrapLibraryType(*type)) return held;
    return HeldType{*type, std::string(rule.form)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<HeldType> TypeFromSite(std::span<const SiteFrame> leaf_first) {
  for (const SiteFrame& frame : AllocatorFrames(leaf_first)) {
    if (std::optional<HeldType> held = TypeFromFunction(frame.function)) return held;
  }
  return std::nullopt;
}

std::optional<HeldType> UnwrapLibraryType(std::string_view type) {
  std::vector<NamePart> parts = SplitName(type);
  if (!IsLibrary(parts)) return std::nullopt;
  for (const Wrapper& wrapper : kWrappers) {
    if (parts.back().name != wrapper.name) continue;
    std::optional<std::string> held = Argument(parts.back().arguments, 0);
    if (!held) return std::nullopt;
    // make_shared<const T>: the object is a T, and the T's vtable and bases are known by that name.
    return HeldType{std::string(absl::StripSuffix(*held, " const")), std::string(wrapper.form)};
  }
  return std::nullopt;
}

}  // namespace seep
