#include "analysis/names.h"

#include "absl/strings/str_cat.h"

namespace seep {

std::string ModulePath(const Snapshot& snapshot, ModuleId module) {
  return module.is_none() ? "" : snapshot.modules[module.index()].path;
}

std::string LocationName(const Snapshot& snapshot, const CodeLocation& location) {
  std::string path = ModulePath(snapshot, location.module);
  std::string offset = absl::StrCat("0x", absl::Hex(location.offset));
  if (path.empty()) return offset;
  size_t slash = path.rfind('/');
  return absl::StrCat(slash == path.npos ? path : path.substr(slash + 1), "+", offset);
}

}  // namespace seep
