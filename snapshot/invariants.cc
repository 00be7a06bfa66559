#include "snapshot/invariants.h"

#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "snapshot/class_order.h"

namespace seep {
namespace {

absl::Status Broken(const char* table, size_t row, const char* invariant) {
  return absl::InternalError(absl::StrCat(table, "[", row, "]: ", invariant));
}

template <typename Tag>
bool InTable(Id<Tag> id, size_t size) {
  return id.is_none() || id.index() < size;
}

bool IsSum(double x) { return std::isfinite(x) && x >= 0; }

bool IsSum(const Estimate& e) { return IsSum(e.value) && IsSum(e.variance) && IsSum(e.squares); }

bool IsSum(const std::optional<double>& x) { return !x || IsSum(*x); }

bool IsFinite(const std::optional<double>& x) { return !x || std::isfinite(*x); }

// One byte, sampled once in 2^64 bytes. Any less could only overflow the sums of 1/p².
constexpr double kLeastProbability = 0x1p-64;

// For each row that breaks it, `invariant` names what is broken; null where nothing is.
template <typename Row, typename Invariant>
absl::Status CheckEach(const char* table, const std::vector<Row>& rows, Invariant invariant) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (const char* broken = invariant(rows[i])) return Broken(table, i, broken);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckProcess(const Snapshot& snapshot) {
  if (IsSum(snapshot.process.bytes_allocated)) return absl::OkStatus();
  return absl::InternalError("process: bytes_allocated must be finite and not negative");
}

absl::Status CheckCode(const Snapshot& snapshot) {
  for (size_t i = 0; i < snapshot.stacks.size(); ++i) {
    const StackTree::Node& node = snapshot.stacks.node(StackId(i));
    if (!InTable(node.parent, i)) return Broken("stacks", i, "its caller must come before it");
    if (!InTable(node.location.module, snapshot.modules.size())) {
      return Broken("stacks", i, "no such module");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckClasses(const Snapshot& snapshot) {
  const std::vector<Class>& classes = snapshot.classes;
  SEEP_RETURN_IF_ERROR(CheckEach("classes", classes, [&](const Class& klass) -> const char* {
    if (!InTable(klass.vtable.module, snapshot.modules.size())) return "no such module";
    for (const BaseClass& base : klass.bases) {
      if (base.base.is_none() || !InTable(base.base, classes.size())) return "no such base class";
    }
    return nullptr;
  }));
  std::vector<ClassId> order = BasesFirst(classes);
  if (order.size() == classes.size()) return absl::OkStatus();
  std::vector<bool> ordered(classes.size());
  for (ClassId id : order) ordered[id.index()] = true;
  size_t first = 0;
  while (ordered[first]) ++first;
  return Broken("classes", first, "it is its own base, or one of its bases is");
}

absl::Status CheckLabels(const Snapshot& snapshot) {
  for (size_t i = 0; i < snapshot.labels.size(); ++i) {
    if (!InTable(snapshot.labels[i].parent, i)) {
      return Broken("labels", i, "its outer label must come before it");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBlocks(const Snapshot& snapshot) {
  SEEP_RETURN_IF_ERROR(CheckEach("sketches", snapshot.sketches, [&](const AddressSketch& s) {
    if (s.objects < 1) return "counts must be at least 1";
    return InTable(s.klass, snapshot.classes.size()) ? nullptr : "no such class";
  }));
  return CheckEach("blocks", snapshot.blocks, [&](const Block& block) -> const char* {
    bool weight = block.probability >= kLeastProbability && block.probability <= 1;
    if (!weight) return "probability must be in [2^-64, 1]";
    if (block.count < 1 || block.objects < 1) return "counts must be at least 1";
    if ((block.split == 0) != (block.samples == 0)) return "a share rests on samples";
    if (!InTable(block.klass, snapshot.classes.size())) return "no such class";
    if (!InTable(block.stack, snapshot.stacks.size())) return "no such stack";
    if (!InTable(block.label, snapshot.labels.size())) return "no such label";
    return nullptr;
  });
}

absl::Status CheckPast(const Snapshot& snapshot) {
  auto is_stack = [&](StackId id) { return InTable(id, snapshot.stacks.size()); };
  SEEP_RETURN_IF_ERROR(CheckEach("turnover", snapshot.turnover, [&](const Turnover& t) {
    if (!is_stack(t.stack)) return "no such stack";
    bool sums = IsSum(t.born_objects) && IsSum(t.born_bytes) && IsSum(t.died_objects) &&
                IsSum(t.died_bytes) && IsSum(t.unplaced_objects) && IsSum(t.unplaced_bytes);
    return sums ? nullptr : "sums must be finite and not negative";
  }));
  SEEP_RETURN_IF_ERROR(CheckEach("deaths", snapshot.deaths, [&](const Deaths& d) {
    if (!is_stack(d.stack)) return "no such stack";
    if (!InTable(d.klass, snapshot.classes.size())) return "no such class";
    bool sums = IsSum(d.objects) && IsSum(d.bytes) && IsSum(d.age_seconds);
    return sums ? nullptr : "sums must be finite and not negative";
  }));
  SEEP_RETURN_IF_ERROR(CheckEach("history", snapshot.history, [&](const PastMoment& m) {
    bool sums = IsSum(m.live_objects) && IsSum(m.live_bytes);
    for (const PastMoment::StackShare& share : m.top) {
      if (!is_stack(share.stack)) return "no such stack";
      sums = sums && IsSum(share.objects) && IsSum(share.bytes);
    }
    return sums ? nullptr : "sums must be finite and not negative";
  }));
  return absl::OkStatus();
}

absl::Status CheckAccounting(const Snapshot& snapshot) {
  SEEP_RETURN_IF_ERROR(CheckEach("embedded", snapshot.embedded, [&](const EmbeddedObjects& e) {
    bool known = !e.klass.is_none() && InTable(e.klass, snapshot.classes.size());
    return known ? nullptr : "no such class";
  }));
  SEEP_RETURN_IF_ERROR(CheckEach("growth", snapshot.growth, [&](const GrowthStack& g) {
    return InTable(g.stack, snapshot.stacks.size()) ? nullptr : "no such stack";
  }));
  SEEP_RETURN_IF_ERROR(CheckEach("accounting", snapshot.accounting, [](const AccountingRow& a) {
    return IsFinite(a.reserved) && IsFinite(a.resident) ? nullptr : "bytes must be finite";
  }));
  return CheckEach("allocators", snapshot.allocators, [&](const AllocatorRow& a) {
    return InTable(a.module, snapshot.modules.size()) ? nullptr : "no such module";
  });
}

}  // namespace seep
