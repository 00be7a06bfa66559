#include "heap/recorded_labels.h"

namespace seep {

RecordedLabels::RecordedLabels(const Recording& recording, RecordedText& text,
                               SnapshotBuilder& builder)
    : ids_(recording.labels.size()) {
  uint64_t damaged = 0;
  for (uint32_t i = 1; i < recording.labels.size(); ++i) {
    recording::LabelRecord record = recording.labels[i];
    if (record.ready == 0) continue;
    // An outer scope is interned before its inner ones, so that a chain of labels always ends.
    bool has_parent = record.parent < i && Has(record.parent);
    if (record.parent != 0 && !has_parent) ++damaged;
    ids_[i] = builder.AddLabel({.key = text.Read(record.key),
                                .value = text.Read(record.value),
                                .parent = has_parent ? ids_[record.parent] : LabelId()});
  }
  builder.AddDropped("outer labels", damaged, "their records are damaged or were never finished");
}

}  // namespace seep
