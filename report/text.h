// Findings for a terminal, and for logs that are searched with grep.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "analysis/findings.h"

namespace seep {

// Which table of the live heap is printed.
enum class HeapTable { kClasses, kBaseClasses, kModules, kSizes };

struct TextOptions {
  size_t width = 80;            // columns that names are fitted to; figures are never cut
  bool color = false;           // bold and dim by escape sequences; none ever come from a name
  size_t rows = 10;             // of each table
  std::optional<HeapTable> by;  // none: classes and base classes
  std::string next_command;     // printed last, if any
};

// A name that had to be cut to fit stands in full, on a line of its own, under "Full names".
std::string Text(const Findings& findings, const TextOptions& options = {});

}  // namespace seep
