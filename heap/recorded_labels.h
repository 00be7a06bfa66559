// The recording's labels → the snapshot's.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/recorded_text.h"
#include "heap/recording.h"
#include "snapshot/builder.h"

namespace seep {

class RecordedLabels {
 public:
  RecordedLabels(const Recording& recording, RecordedText& text, SnapshotBuilder& builder);

  // None for index 0, and for an index without a label, which is no healthy recording's.
  LabelId At(uint32_t index) const { return Has(index) ? ids_[index] : LabelId(); }
  bool Has(uint32_t index) const { return index < ids_.size() && !ids_[index].is_none(); }

 private:
  std::vector<LabelId> ids_;
};

}  // namespace seep
