// The only way to make a Snapshot. Producers fill it table by table; Build checks every invariant
// that snapshot.h states, so that nothing downstream has to.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snapshot/snapshot.h"

namespace seep {

class SnapshotBuilder {
 public:
  ProcessFacts& process() { return snapshot_.process; }
  StackTree& stacks() { return snapshot_.stacks; }

  ModuleId AddModule(Module module);
  ClassId AddClass(Class klass);
  void AddBase(ClassId derived, BaseClass base);
  LabelId AddLabel(Label label);
  void AddBlock(const Block& block);
  void AddSketch(AddressSketch sketch);  // addresses in any order
  void AddTurnover(const Turnover& turnover);
  void AddDeaths(const Deaths& deaths);
  void AddMoment(PastMoment moment);  // in any order: Build sorts them
  void AddAccounting(AccountingRow row);
  void AddAllocator(AllocatorRow row);
  void AddEmbedded(const EmbeddedObjects& objects);
  void AddGrowth(const GrowthStack& growth);
  void AddNotice(Notice notice);

  // Counts of the same (what, why) are added up; a count of 0 is left out.
  void AddDropped(std::string what, uint64_t count, std::string why);

  // INTERNAL with the table, the row and the broken invariant: a bug of the producer, which must
  // have checked its input.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Build() &&;

 private:
  absl::Status Check() const;
  void SortHistory();

  Snapshot snapshot_;
  absl::flat_hash_map<std::pair<std::string, std::string>, size_t> dropped_;  // (what, why) → row
  absl::Status misuse_;  // the first call whose arguments could not even be kept
};

}  // namespace seep
