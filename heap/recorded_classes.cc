#include "heap/recorded_classes.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "heap/mangled_name.h"

namespace seep {

RecordedClasses::RecordedClasses(const Recording& recording, const ModuleTable& modules,
                                 RecordedText& text, ClassTable& classes, SnapshotBuilder& builder)
    : rows_(recording.classes.size()) {
  uint64_t unknown_modules = 0;
  for (uint32_t i = 1; i < recording.classes.size(); ++i) {
    recording::ClassRecord record = recording.classes[i];
    if (record.ready == 0) continue;
    std::optional<CodeLocation> vtable = modules.Locate(record.vtable);
    std::optional<CodeLocation> typeinfo = modules.Locate(record.typeinfo);
    if (!vtable.has_value() || !typeinfo.has_value() ||
        (record.vtable == 0 && record.typeinfo == 0)) {
      ++unknown_modules;
      continue;
    }
    bool has_rtti = record.typeinfo != 0;
    Class klass{.mangled = WithoutLocalMark(text.Read(record.name)),
                .vtable = *vtable,
                .evidence = has_rtti ? ClassEvidence::kRtti : ClassEvidence::kVtable,
                .bases = {}};
    rows_[i] = VtableMeaning{classes.Add(klass, *typeinfo), record.offset_to_top};
  }
  builder.AddDropped("classes", unknown_modules, "their module is not in the recording");
  AddBases(recording, classes, builder);
}

void RecordedClasses::AddBases(const Recording& recording, ClassTable& classes,
                               SnapshotBuilder& builder) {
  constexpr int32_t kVirtual = std::numeric_limits<int32_t>::min();
  uint64_t no_room = 0;
  uint64_t unknown = 0;
  for (uint32_t i = 1; i < rows_.size(); ++i) {
    if (!rows_[i].has_value()) continue;
    recording::ClassRecord record = recording.classes[i];
    uint32_t kept = std::min<uint32_t>(record.base_count, recording::kMaxBases);
    no_room += record.base_count - kept;
    for (uint32_t b = 0; b < kept; ++b) {
      std::optional<VtableMeaning> base = At(record.bases[b]);
      if (!base.has_value()) {
        ++unknown;
        continue;
      }
      bool is_virtual = record.base_offsets[b] == kVirtual;
      classes.AddBase(rows_[i]->klass, {.base = base->klass,
                                        .offset = is_virtual ? 0 : record.base_offsets[b],
                                        .is_virtual = is_virtual});
    }
  }
  builder.AddDropped("base classes", no_room, "a recorded class has room for 6");
  builder.AddDropped("base classes", unknown, "their class is not in the recording");
}

}  // namespace seep
