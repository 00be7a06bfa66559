// The classes that the profiler's stamps have seen.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/class_table.h"
#include "heap/module_table.h"
#include "heap/recorded_text.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

// What a stamped vtable means: an object of this class starts `−offset_to_top` bytes before the
// vtable pointer. Several vtables of one class (multiple inheritance) share its id.
struct VtableMeaning {
  ClassId klass;
  int64_t offset_to_top = 0;
};

class RecordedClasses {
 public:
  // Adds them to `classes`, and what was lost to `builder`.
  RecordedClasses(const Recording& recording, const ModuleTable& modules, RecordedText& text,
                  ClassTable& classes, SnapshotBuilder& builder);

  // By index in the recording; nothing for an index without a class.
  std::optional<VtableMeaning> At(uint32_t index) const {
    if (index >= rows_.size()) return std::nullopt;
    return rows_[index];
  }

 private:
  void AddBases(const Recording& recording, ClassTable& classes, SnapshotBuilder& builder);
  std::vector<std::optional<VtableMeaning>> rows_;
};

}  // namespace seep
