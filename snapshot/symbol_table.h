// Names for a snapshot's positions. Kept apart from the snapshot: names may come later, on another
// machine, or from a better binary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "snapshot/module.h"

namespace seep {

// One source-level function at a code position. All strings are hostile.
struct Frame {
  std::string function;  // demangled, full; empty: not known
  std::string file;      // empty: not known
  uint32_t line = 0;     // 0: not known
  bool inlined = false;  // into the next frame outwards
  bool operator==(const Frame&) const = default;
};

// What a code position means: the inline chain, innermost first, or why there is none.
struct Symbol {
  std::vector<Frame> frames;
  std::string missing;  // "" or the reason: "no debug file for build-id …", "timed out after 10 s"
  bool operator==(const Symbol&) const = default;
};

struct SymbolTable {
  absl::flat_hash_map<CodeLocation, Symbol> code;
  // Full demangled names by ClassId of the snapshot; empty string: not known.
  std::vector<std::string> class_names;

  const Symbol* Find(const CodeLocation& location) const {
    auto it = code.find(location);
    return it == code.end() ? nullptr : &it->second;
  }
};

}  // namespace seep
