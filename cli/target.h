// What a command's TARGET argument is, and the snapshot and names that it leads to.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "snapshot/snapshot.h"
#include "snapshot/symbol_table.h"

namespace seep {

struct NamedSnapshot {
  std::shared_ptr<const Snapshot> snapshot;
  SymbolTable symbols;
};

struct SymbolOptions {
  std::vector<std::string> debug_directories;
  std::string root;  // where the target's files are: /proc/PID/root for a container
};

// How a live process is read.
struct CaptureOptions {
  // The heap of a process with Seep is counted, too, and joined with its recording.
  bool census = false;
  // Of a census: objects inside of blocks, too.
  bool embedded = false;
  // Of a census of a process: how the process stands still.
  std::string consistency = "none";  // "stop", "fork"
  std::string max_pause = "100ms";   // as absl::ParseDuration reads it
  std::string holders = "auto";      // "on", "off"
};

// --census and --embedded.
void AddCensusOption(CLI::App* command, CaptureOptions* options);

// That, --consistency, --max-pause and --holders.
void AddCaptureOptions(CLI::App* command, CaptureOptions* options);

// A pid, if `target` is all digits and no file of that name exists.
std::optional<uint32_t> AsPid(std::string_view target);

// Captures a live process or a recording and names what it holds.
absl::StatusOr<NamedSnapshot> Capture(const std::string& target, SymbolOptions options,
                                      const CaptureOptions& capture = {});

// The same, and .seep files too: of those, snapshot number `index` (from 1), or the last for none.
absl::StatusOr<NamedSnapshot> Load(const std::string& target, std::optional<size_t> index,
                                   SymbolOptions options, const CaptureOptions& capture = {});

}  // namespace seep
