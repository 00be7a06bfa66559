// All names of one module, from whatever files were found for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/module.h"
#include "snapshot/symbol_table.h"
#include "symbolizer/deadline.h"
#include "symbolizer/debug_file_locator.h"
#include "symbolizer/debug_info.h"
#include "symbolizer/symbol_index.h"

namespace seep {

// Debug information first; where it is silent, the symbol tables. Not thread-safe.
class ModuleSymbols {
 public:
  // Cost: opens the module's files; with debug information, reads the head of every unit.
  ModuleSymbols(const Module& module, const DebugFileLocator& locator, const Deadline& deadline);

  // Of the instruction at `address`, an ELF virtual address. Where a function has no name there
  // is a reason, though there may be a file and line.
  Symbol At(uint64_t address);

  // The class, as RTTI would hold it, one of whose vtables covers `address`; "": none.
  std::string VtableClass(uint64_t address);

 private:
  std::string Function(uint64_t address);
  std::string WhyNameless() const;
  const std::vector<SymbolIndex>& Indexes();

  std::string path_;
  LocatedFiles files_;
  std::unique_ptr<DebugInfo> debug_info_;  // into files_
  std::optional<std::vector<SymbolIndex>> indexes_;
};

}  // namespace seep
