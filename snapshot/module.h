// The vocabulary of code: modules and positions in them. The symbolizer knows only this much.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/ids.h"

namespace seep {

// One load of an ELF file into a process.
struct Module {
  std::string path;               // as the target named it; hostile
  std::vector<uint8_t> build_id;  // empty: it has none
  uint64_t load_bias = 0;         // runtime address − ELF virtual address
  AddressRange range;             // of all its segments
  bool replaced = false;          // another module was seen at its place later

  bool operator==(const Module&) const = default;
};

// A place in a module's code or data, as an ELF virtual address: stable across runs of one build.
// module none: no module is known there, offset is a runtime address.
struct CodeLocation {
  ModuleId module;
  uint64_t offset = 0;

  auto operator<=>(const CodeLocation&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const CodeLocation& location) {
    return H::combine(std::move(h), location.module, location.offset);
  }
};

}  // namespace seep
