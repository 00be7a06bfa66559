// Which files hold the names of a module: the very build that the process ran, or none. Another
// build's names would be wrong without looking wrong, so a build-id that differs is refused.
//
// The order, until one has DWARF:
//   1. the module's own path, below the root of its container
//   2. DIR/.build-id/xx/yyyy.debug, DIR/NAME.debug, DIR/NAME   for each debug directory
//   3. what .gnu_debuglink names: beside the binary, in .debug/ there, in the debug directories
// A build-id vouches for each; without one, only the checksum in .gnu_debuglink can.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "snapshot/module.h"
#include "symbolizer/elf_file.h"

namespace seep {

struct LocatedFiles {
  std::optional<ElfFile> binary;  // the module's own file
  std::optional<ElfFile> debug;   // a separate debug file, looked for where the binary has no DWARF

  // Why there is no debug information: "binary deleted or moved: /srv/app; no debug file for
  // build-id 93ac…". Empty where there is some. Not every such module is nameless: a binary
  // without debug information may have symbols.
  std::string missing;

  bool none() const { return !binary.has_value() && !debug.has_value(); }
};

class DebugFileLocator {
 public:
  struct Options {
    // Put before every path of a module: /proc/PID/root where the process lives in a container.
    std::string root;
    // Laid out like /usr/lib/debug, or holding the files themselves, flat. Asked before it.
    std::vector<std::string> debug_directories;
  };

  explicit DebugFileLocator(Options options);

  // Cost: opens a few files; reads one fully where only .gnu_debuglink's checksum vouches for it.
  LocatedFiles Locate(const Module& module) const;

  // NOT_FOUND: no directory has it.
  absl::StatusOr<ElfFile> FindByBuildId(const std::vector<uint8_t>& build_id) const;

 private:
  void OpenBinary(const Module& module, LocatedFiles* files) const;
  void AddDebugFile(const Module& module, LocatedFiles* files) const;
  std::vector<std::string> Candidates(const Module& module,
                                      const std::optional<ElfFile::DebugLink>& link) const;

  std::string root_;
  std::vector<std::string> directories_;
};

}  // namespace seep
