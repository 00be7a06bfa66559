// A process that has ended, kept in an ELF core file, as a Target.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "heap/core/core_file.h"
#include "heap/core/core_memory.h"
#include "heap/core/core_process.h"
#include "heap/core/module_files.h"
#include "heap/target.h"
#include "snapshot/snapshot.h"

namespace seep {

class CoreTarget {
 public:
  // INVALID_ARGUMENT: not a core of a 64-bit x86 Linux process; the message says what it is. A core
  // that is cut short or damaged is opened, and dropped() says what is missing. Safe on hostile
  // files. Cost: its headers and notes, and the first pages of its modules.
  static absl::StatusOr<std::unique_ptr<CoreTarget>> Open(const std::string& path,
                                                          const ModuleFileOptions& options = {});
  CoreTarget(const CoreTarget&) = delete;
  CoreTarget& operator=(const CoreTarget&) = delete;

  // Valid as long as this. Memory that was not saved is absent, not zero.
  const Target& target() const { return target_; }
  const CoreProcess& process() const { return process_; }
  const CoreFile& file() const { return *file_; }
  const CoreMemory& memory() const { return memory_; }
  // The module that is the program: that with the program headers which the kernel told it of.
  // Null: not known.
  const LoadedModule* program() const;

  // What was missing from the start, and what reads have missed or had to guess so far.
  std::vector<Dropped> dropped() const;

 private:
  CoreTarget(std::unique_ptr<CoreFile> file, const ModuleFileOptions& options);

  // In the order in which they are made: each stands on those before it.
  std::vector<Dropped> dropped_;
  std::unique_ptr<CoreFile> file_;
  CoreProcess process_;
  std::vector<Mapping> maps_;
  ModuleFiles files_;
  CoreMemory memory_;
  Target target_;
};

}  // namespace seep
