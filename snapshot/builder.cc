#include "snapshot/builder.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/status_macros.h"
#include "snapshot/invariants.h"

namespace seep {

ModuleId SnapshotBuilder::AddModule(Module module) {
  snapshot_.modules.push_back(std::move(module));
  return ModuleId(snapshot_.modules.size() - 1);
}

ClassId SnapshotBuilder::AddClass(Class klass) {
  snapshot_.classes.push_back(std::move(klass));
  return ClassId(snapshot_.classes.size() - 1);
}

void SnapshotBuilder::AddBase(ClassId derived, BaseClass base) {
  if (derived.index() < snapshot_.classes.size()) {
    snapshot_.classes[derived.index()].bases.push_back(base);
  } else {
    misuse_.Update(absl::InternalError("AddBase: the derived class is not in the table"));
  }
}

LabelId SnapshotBuilder::AddLabel(Label label) {
  snapshot_.labels.push_back(std::move(label));
  return LabelId(snapshot_.labels.size() - 1);
}

void SnapshotBuilder::AddBlock(const Block& block) { snapshot_.blocks.push_back(block); }

void SnapshotBuilder::AddSketch(AddressSketch sketch) {
  std::sort(sketch.addresses.begin(), sketch.addresses.end());
  snapshot_.sketches.push_back(std::move(sketch));
}

void SnapshotBuilder::AddTurnover(const Turnover& turnover) {
  snapshot_.turnover.push_back(turnover);
}

void SnapshotBuilder::AddDeaths(const Deaths& deaths) { snapshot_.deaths.push_back(deaths); }

void SnapshotBuilder::AddMoment(PastMoment moment) {
  snapshot_.history.push_back(std::move(moment));
}

void SnapshotBuilder::AddAccounting(AccountingRow row) {
  snapshot_.accounting.push_back(std::move(row));
}

void SnapshotBuilder::AddAllocator(AllocatorRow row) {
  snapshot_.allocators.push_back(std::move(row));
}

void SnapshotBuilder::AddEmbedded(const EmbeddedObjects& objects) {
  snapshot_.embedded.push_back(objects);
}

void SnapshotBuilder::AddGrowth(const GrowthStack& growth) { snapshot_.growth.push_back(growth); }

void SnapshotBuilder::AddNotice(Notice notice) { snapshot_.notices.push_back(std::move(notice)); }

void SnapshotBuilder::AddDropped(std::string what, uint64_t count, std::string why) {
  if (count == 0) return;
  auto [it, added] = dropped_.try_emplace({what, why}, snapshot_.dropped.size());
  if (added) {
    snapshot_.dropped.push_back({std::move(what), count, std::move(why)});
  } else {
    snapshot_.dropped[it->second].count += count;
  }
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::Build() && {
  SEEP_RETURN_IF_ERROR(Check());
  SortHistory();
  return std::make_shared<const Snapshot>(std::move(snapshot_));
}

absl::Status SnapshotBuilder::Check() const {
  SEEP_RETURN_IF_ERROR(misuse_);
  SEEP_RETURN_IF_ERROR(CheckCode(snapshot_));
  SEEP_RETURN_IF_ERROR(CheckClasses(snapshot_));
  SEEP_RETURN_IF_ERROR(CheckLabels(snapshot_));
  SEEP_RETURN_IF_ERROR(CheckBlocks(snapshot_));
  SEEP_RETURN_IF_ERROR(CheckPast(snapshot_));
  SEEP_RETURN_IF_ERROR(CheckAccounting(snapshot_));
  return CheckProcess(snapshot_);
}

void SnapshotBuilder::SortHistory() {
  std::ranges::stable_sort(snapshot_.history, {}, &PastMoment::time);
  for (PastMoment& moment : snapshot_.history) {
    std::ranges::stable_sort(moment.top, std::greater<>(), &PastMoment::StackShare::bytes);
  }
}

}  // namespace seep
