// The rows that the snapshots of a .seep file share: modules, classes, labels, stack nodes and
// functions, each stored once. Row i has id i; row 0 means "none".
//
// Rows refer to rows of smaller id only (caller, outer label, bases), so nothing can be circular.
// Two rows of one snapshot may be equal (a module that was unloaded and loaded again): `copy`
// numbers them, and so each keeps its own id.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "snapshot/snapshot.h"
#include "snapshot/sqlite.h"

namespace seep {

struct ModuleRow {
  std::vector<uint8_t> build_id;
  std::string path;
  uint64_t size = 0;
  uint32_t copy = 0;
  bool operator==(const ModuleRow&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ModuleRow& r) {
    return H::combine(std::move(h), r.build_id, r.path, r.size, r.copy);
  }
};

struct BaseRow {
  uint32_t base = 0;
  int64_t offset = 0;
  bool is_virtual = false;
  bool operator==(const BaseRow&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const BaseRow& r) {
    return H::combine(std::move(h), r.base, r.offset, r.is_virtual);
  }
};

struct StoredClass {
  std::string mangled;
  uint32_t vtable_module = 0;
  uint64_t vtable_offset = 0;
  ClassEvidence evidence = ClassEvidence::kRtti;
  std::vector<BaseRow> bases;
  uint32_t copy = 0;
  bool operator==(const StoredClass&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const StoredClass& r) {
    return H::combine(std::move(h), r.mangled, r.vtable_module, r.vtable_offset, r.evidence,
                      r.bases, r.copy);
  }
};

struct StoredLabel {
  uint32_t parent = 0;
  std::string key;
  std::string value;
  uint32_t copy = 0;
  bool operator==(const StoredLabel&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const StoredLabel& r) {
    return H::combine(std::move(h), r.parent, r.key, r.value, r.copy);
  }
};

struct StackRow {
  uint32_t caller = 0;
  uint32_t module = 0;
  uint64_t offset = 0;
  StackEnd end = StackEnd::kUnknown;
  bool operator==(const StackRow&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const StackRow& r) {
    return H::combine(std::move(h), r.caller, r.module, r.offset, r.end);
  }
};

struct FunctionRow {
  std::string name;
  std::string file;
  bool operator==(const FunctionRow&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const FunctionRow& r) {
    return H::combine(std::move(h), r.name, r.file);
  }
};

// Every reference in the result is checked. O(rows of the file).
absl::StatusOr<std::vector<ModuleRow>> LoadModules(Database& database);
absl::StatusOr<std::vector<StoredClass>> LoadClasses(Database& database, size_t modules);
absl::StatusOr<std::vector<StoredLabel>> LoadLabels(Database& database);
absl::StatusOr<std::vector<StackRow>> LoadStacks(Database& database, size_t modules);
absl::StatusOr<std::vector<FunctionRow>> LoadFunctions(Database& database);

// Rows of the dictionary `table`, if it is sound. O(log rows).
absl::StatusOr<size_t> RowCount(Database& database, const std::string& table);

// The ids of the rows of `dictionary` that a snapshot has, in its order. No row twice.
absl::StatusOr<std::vector<uint32_t>> LoadMembers(Database& database, const std::string& dictionary,
                                                  size_t rows, size_t snapshot);

// Finds the id of a row, or gives it the next one.
template <typename Row>
class Interner {
 public:
  // `stored` without its row 0 has the ids 1, 2, …
  explicit Interner(std::vector<Row> stored) : size_(stored.size()) {
    for (size_t id = 1; id < stored.size(); ++id) {
      ids_.try_emplace(std::move(stored[id]), static_cast<uint32_t>(id));
    }
  }

  // The id, and whether it is new.
  std::pair<uint32_t, bool> Intern(const Row& row) {
    auto [it, added] = ids_.try_emplace(row, static_cast<uint32_t>(size_));
    if (added) ++size_;
    return {it->second, added};
  }

  // Sets row.copy to the number of equal rows that were numbered before.
  void Number(Row& row) { row.copy = copies_[row]++; }

 private:
  absl::flat_hash_map<Row, uint32_t> ids_;
  absl::flat_hash_map<Row, uint32_t> copies_;
  size_t size_;
};

}  // namespace seep
