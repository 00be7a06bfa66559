// Positions in code and vtables in, names out. Offline: it never runs in the target, and needs
// neither the target nor its recording, only the modules' files.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "snapshot/module.h"
#include "snapshot/symbol_table.h"
#include "symbolizer/debug_file_locator.h"

namespace seep {

struct SymbolizerOptions {
  DebugFileLocator::Options files;
  // A file that takes longer gives the names found so far; the rest says that time was up.
  std::chrono::milliseconds time_limit_per_module = std::chrono::seconds(10);
  unsigned threads = 0;  // 0: one per processor
};

// What is known of a class: its name, else where its vtable lies.
struct ClassRequest {
  std::string mangled;  // as RTTI holds it; empty: not known
  CodeLocation vtable;  // module none: not known
};

class Symbolizer {
 public:
  // After each piece of work; never from two threads at once. Addresses done, of how many.
  using Progress = std::function<void(size_t done, size_t total)>;

  explicit Symbolizer(SymbolizerOptions options = {}) : options_(std::move(options)) {}

  // `code` are return addresses, as stacks hold them: the position of a call is one byte before.
  // Doubles are welcome. The table has an entry for each of `code`, and a class name, maybe empty,
  // for each of `classes`, by its place there. Never fails: what has no name has a reason.
  //
  // Modules go in parallel, each in one thread. Cost: 5,000 addresses of a 120 MB binary, 27,000
  // frames, take 0.15 s and 70 MB; it grows with the units that are touched.
  SymbolTable Symbolize(std::span<const Module> modules, std::span<const CodeLocation> code,
                        std::span<const ClassRequest> classes, const Progress& progress = {}) const;

 private:
  SymbolizerOptions options_;
};

}  // namespace seep
