// Snapshot and names in, findings out. Pure: no I/O, no clock, same input, same output.
#pragma once

#include "analysis/findings.h"
#include "analysis/names.h"
#include "snapshot/snapshot.h"
#include "snapshot/symbol_table.h"

namespace seep {

struct AnalyzeOptions {
  Shorten shorten = [](std::string_view full) { return std::string(full); };
};

Findings Analyze(const Snapshot& snapshot, const SymbolTable& symbols,
                 const AnalyzeOptions& options = {});

}  // namespace seep
