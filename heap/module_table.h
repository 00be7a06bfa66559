// The snapshot's modules: those that the recording names, and those that a live process has loaded
// besides. Turns both kinds of position into the snapshot's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "heap/loaded_modules.h"
#include "heap/recorded_text.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

class ModuleTable {
 public:
  // Without a recording.
  explicit ModuleTable(SnapshotBuilder& builder) : builder_(builder) {}

  // Adds the recording's modules to `builder`, which must outlive this.
  ModuleTable(const Recording& recording, RecordedText& text, SnapshotBuilder& builder);

  // Nothing: the position names a module that the recording does not have.
  std::optional<CodeLocation> Locate(recording::Position position) const;

  // From now on addresses can be located too.
  void UseLoaded(std::vector<LoadedModule> loaded);
  std::span<const LoadedModule> loaded() const { return loaded_; }

  // Module none, and the address itself, where no loaded module has it.
  CodeLocation Locate(Address address);

 private:
  struct Row {
    ModuleId id;
    Module module;
  };
  ModuleId IdOf(const Module& loaded);

  SnapshotBuilder& builder_;
  std::vector<ModuleId> by_record_;  // none: no such module
  std::vector<Row> rows_;
  std::vector<LoadedModule> loaded_;
  std::vector<ModuleId> loaded_ids_;
};

}  // namespace seep
