// What the commands that look at single objects share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "cli/target.h"
#include "heap/core/core_target.h"
#include "heap/instances/heap_reader.h"
#include "heap/live_target.h"
#include "report/text.h"
#include "snapshot/instances.h"
#include "snapshot/symbol_table.h"

namespace seep {

// A live process, prepared or not, or a core, open for looking.
struct HeapLook {
  std::unique_ptr<LiveTarget> live;  // one of these two
  std::unique_ptr<CoreTarget> core;
  std::unique_ptr<HeapReader> heap;
  SymbolOptions symbols;

  const Target& target() const { return live != nullptr ? live->target() : core->target(); }
};
// INVALID_ARGUMENT: a file that is no core. Cost: finding modules and allocators.
absl::StatusOr<HeapLook> OpenHeap(const std::string& target, SymbolOptions symbols);

// To be called after the last read. Fills in the process and what could not be had. ABORTED: it
// ended meanwhile.
absl::Status FinishLook(const HeapLook& look, LookedAt* looked_at);

// Of places in code, by AfterFirstByte.
SymbolTable NameCode(const HeapLook& look, const std::vector<CodeLocation>& code);

// Options that all of them have.
void AddSymbolOptions(CLI::App* command, SymbolOptions* symbols);

// Width and colour of the terminal.
TextOptions TerminalText();

// What to do where no live object is of the class.
std::string NoSuchClass(const std::string& target, const std::string& pattern);

// Prints a result; an exit code.
int PrintResult(const std::string& text);

}  // namespace seep
