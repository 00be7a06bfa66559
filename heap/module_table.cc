#include "heap/module_table.h"

#include <algorithm>
#include <utility>

namespace seep {

ModuleTable::ModuleTable(const Recording& recording, RecordedText& text, SnapshotBuilder& builder)
    : builder_(builder), by_record_(recording.modules.size()) {
  uint64_t damaged = 0;
  for (uint32_t i = 1; i < recording.modules.size(); ++i) {
    recording::ModuleRecord record = recording.modules[i];
    if (record.ready == 0) continue;
    if (record.end <= record.start || record.build_id_length > sizeof(record.build_id)) {
      ++damaged;
      continue;
    }
    Module module{.path = text.Read(record.path),
                  .build_id = {record.build_id, record.build_id + record.build_id_length},
                  .load_bias = record.load_bias,
                  .range = {Address(record.start), Address(record.end)},
                  .replaced = record.replaced != 0};
    by_record_[i] = builder.AddModule(module);
    rows_.push_back({by_record_[i], std::move(module)});
  }
  builder.AddDropped("modules", damaged, "their records are damaged");
}

std::optional<CodeLocation> ModuleTable::Locate(recording::Position position) const {
  uint32_t module = recording::PositionModule(position);
  uint64_t offset = recording::PositionOffset(position);
  if (module == 0) return CodeLocation{ModuleId(), offset};
  if (module >= by_record_.size() || by_record_[module].is_none()) return std::nullopt;
  return CodeLocation{by_record_[module], offset};
}

ModuleId ModuleTable::IdOf(const Module& loaded) {
  for (const Row& row : rows_) {
    bool same_file = row.module.build_id.empty() || loaded.build_id.empty()
                         ? row.module.path == loaded.path
                         : row.module.build_id == loaded.build_id;
    if (same_file && !row.module.replaced && row.module.load_bias == loaded.load_bias) {
      return row.id;
    }
  }
  ModuleId id = builder_.AddModule(loaded);
  rows_.push_back({id, loaded});
  return id;
}

void ModuleTable::UseLoaded(std::vector<LoadedModule> loaded) {
  loaded_ = std::move(loaded);
  loaded_ids_.assign(loaded_.size(), ModuleId());
}

CodeLocation ModuleTable::Locate(Address address) {
  auto after =
      std::upper_bound(loaded_.begin(), loaded_.end(), address,
                       [](Address a, const LoadedModule& m) { return a < m.module.range.begin; });
  if (after == loaded_.begin()) return {ModuleId(), address.value()};
  const LoadedModule& found = *std::prev(after);
  if (!found.module.range.contains(address)) return {ModuleId(), address.value()};
  ModuleId& id = loaded_ids_[static_cast<size_t>(std::prev(after) - loaded_.begin())];
  if (id.is_none()) id = IdOf(found.module);
  return {id, address.value() - found.module.load_bias};
}

}  // namespace seep
