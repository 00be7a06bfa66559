#include "analysis/names.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace seep {

bool IsLibraryType(std::string_view name) {
  static const auto* const kFundamental =
      new absl::flat_hash_set<std::string_view>{"char",
                                                "signed char",
                                                "unsigned char",
                                                "bool",
                                                "short",
                                                "unsigned short",
                                                "int",
                                                "unsigned int",
                                                "long",
                                                "wchar_t",
                                                "float",
                                                "unsigned long",
                                                "long long",
                                                "double",
                                                "void",
                                                "char8_t",
                                                "char16_t",
                                                "char32_t",
                                                "unsigned long long",
                                                "__int128",
                                                "unsigned __int128",
                                                "long double"};
  while (name.ends_with('*')) name.remove_suffix(1);
  return name.starts_with("std::") || name.starts_with("__gnu_cxx::") ||
         kFundamental->contains(name);
}

std::string ContentName(Content content) {
  switch (content) {
    case Content::kNotExamined:
      return "";
    case Content::kAbsent:
      return "not in memory";
    case Content::kZeros:
      return "zeros";
    case Content::kText:
      return "text";
    case Content::kPointers:
      return "pointers";
    case Content::kOther:
      return "other data";
  }
  return "";
}

std::string ModulePath(const Snapshot& snapshot, ModuleId module) {
  return module.is_none() ? "" : snapshot.modules[module.index()].path;
}

std::string LocationName(const std::vector<Module>& modules, const CodeLocation& location) {
  std::string offset = absl::StrCat("0x", absl::Hex(location.offset));
  if (location.module.is_none()) return offset;
  const std::string& path = modules[location.module.index()].path;
  if (path.empty()) return offset;
  return absl::StrCat(path.substr(path.rfind('/') + 1), "+", offset);  // npos + 1: all of it
}

std::string LocationName(const Snapshot& snapshot, const CodeLocation& location) {
  return LocationName(snapshot.modules, location);
}

}  // namespace seep
