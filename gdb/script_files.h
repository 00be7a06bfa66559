// The scripts of this folder as they were when seep was built.
#pragma once

#include <span>
#include <string_view>

namespace seep {

struct GdbScriptFile {
  std::string_view path;  // relative: "seep_gdb/held.py"
  std::string_view text;
};

// The first is the one that gdb is to load.
std::span<const GdbScriptFile> GdbScriptFiles();

}  // namespace seep
