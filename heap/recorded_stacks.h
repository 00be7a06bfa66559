// The recording's stack dictionary → the snapshot's stack tree.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/module_table.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

class RecordedStacks {
 public:
  RecordedStacks(const Recording& recording, const ModuleTable& modules, SnapshotBuilder& builder);

  // The stack of that index. The stack without frames (StackEnd::kUnknown) for index 0, and for an
  // index without a stack, which is no healthy recording's.
  StackId At(uint32_t index) const { return Has(index) ? ids_[index] : unknown_; }
  bool Has(uint32_t index) const { return index < ids_.size() && !ids_[index].is_none(); }

 private:
  StackId unknown_;
  std::vector<StackId> ids_;
};

}  // namespace seep
