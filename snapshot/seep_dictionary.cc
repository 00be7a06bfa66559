#include "snapshot/seep_dictionary.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "snapshot/table_cursor.h"

namespace seep {
namespace {

template <typename Row>
absl::StatusOr<std::vector<Row>> Finish(TableCursor& cursor, std::vector<Row> rows) {
  SEEP_RETURN_IF_ERROR(cursor.status());
  if (rows.empty()) {
    cursor.FailTable("expected row 0");
    return cursor.status();
  }
  return rows;
}

absl::Status LoadBases(Database& database, std::vector<StoredClass>& classes) {
  TableCursor rows(database, "class_base",
                   "SELECT class, ordinal, base, base_offset, is_virtual FROM class_base"
                   " ORDER BY class, ordinal");
  uint32_t previous = 0;
  while (rows.Next()) {
    uint32_t klass = rows.Index(classes.size());
    if (klass < previous) rows.Fail("classes in order");
    previous = klass;
    rows.Expect(classes[klass].bases.size());
    BaseRow base;
    base.base = rows.Index(classes.size());
    if (base.base == 0 || base.base >= klass) rows.Fail("a smaller id than the derived class's");
    base.offset = rows.Integer<int64_t>();
    base.is_virtual = rows.Flag();
    classes[klass].bases.push_back(base);
  }
  return rows.status();
}

}  // namespace

absl::StatusOr<std::vector<ModuleRow>> LoadModules(Database& database) {
  TableCursor cursor(database, "module",
                     "SELECT id, build_id, path, size, copy FROM module ORDER BY id");
  std::vector<ModuleRow> rows;
  while (cursor.Next()) {
    cursor.ExpectOrdinal();
    ModuleRow& row = rows.emplace_back();
    row.build_id = cursor.Blob();
    row.path = cursor.Text();
    row.size = cursor.Integer<uint64_t>();
    row.copy = cursor.Integer<uint32_t>();
  }
  return Finish(cursor, std::move(rows));
}

absl::StatusOr<std::vector<StoredClass>> LoadClasses(Database& database, size_t modules) {
  TableCursor cursor(database, "class",
                     "SELECT id, mangled, vtable_module, vtable_offset, evidence, copy"
                     " FROM class ORDER BY id");
  std::vector<StoredClass> rows;
  while (cursor.Next()) {
    cursor.ExpectOrdinal();
    StoredClass& row = rows.emplace_back();
    row.mangled = cursor.Text();
    row.vtable_module = cursor.Index(modules);
    row.vtable_offset = cursor.Integer<uint64_t>();
    row.evidence = cursor.Enum(ClassEvidence::kHolder);
    row.copy = cursor.Integer<uint32_t>();
  }
  SEEP_ASSIGN_OR_RETURN(rows, Finish(cursor, std::move(rows)));
  SEEP_RETURN_IF_ERROR(LoadBases(database, rows));
  return rows;
}

absl::StatusOr<std::vector<StoredLabel>> LoadLabels(Database& database) {
  TableCursor cursor(database, "label",
                     "SELECT id, parent, key, value, copy FROM label ORDER BY id");
  std::vector<StoredLabel> rows;
  while (cursor.Next()) {
    cursor.ExpectOrdinal();
    StoredLabel row;
    row.parent = cursor.Index(rows.empty() ? 1 : rows.size());
    row.key = cursor.Text();
    row.value = cursor.Text();
    row.copy = cursor.Integer<uint32_t>();
    rows.push_back(std::move(row));
  }
  return Finish(cursor, std::move(rows));
}

absl::StatusOr<std::vector<StackRow>> LoadStacks(Database& database, size_t modules) {
  TableCursor cursor(database, "stack",
                     "SELECT id, caller, module, code_offset, ending FROM stack ORDER BY id");
  std::vector<StackRow> rows;
  while (cursor.Next()) {
    cursor.ExpectOrdinal();
    StackRow row;
    row.caller = cursor.Index(rows.empty() ? 1 : rows.size());
    row.module = cursor.Index(modules);
    row.offset = cursor.Integer<uint64_t>();
    row.end = cursor.Enum(StackEnd::kUnknown);
    rows.push_back(row);
  }
  return Finish(cursor, std::move(rows));
}

absl::StatusOr<std::vector<FunctionRow>> LoadFunctions(Database& database) {
  TableCursor cursor(database, "function", "SELECT id, name, file FROM function ORDER BY id");
  std::vector<FunctionRow> rows;
  while (cursor.Next()) {
    cursor.ExpectOrdinal();
    FunctionRow& row = rows.emplace_back();
    row.name = cursor.Text();
    row.file = cursor.Text();
  }
  return Finish(cursor, std::move(rows));
}

absl::StatusOr<size_t> RowCount(Database& database, const std::string& table) {
  TableCursor cursor(database, table,
                     absl::StrCat("SELECT id FROM ", table, " ORDER BY id DESC LIMIT 1"));
  if (cursor.Next()) {
    size_t last = cursor.Integer<uint32_t>();
    SEEP_RETURN_IF_ERROR(cursor.status());
    return last + 1;
  }
  cursor.FailTable("expected row 0");
  return cursor.status();
}

absl::StatusOr<std::vector<uint32_t>> LoadMembers(Database& database, const std::string& dictionary,
                                                  size_t rows, size_t snapshot) {
  std::string table = "snapshot_" + dictionary;
  TableCursor cursor(database, table,
                     absl::StrCat("SELECT ordinal, ", dictionary, " FROM ", table,
                                  " WHERE snapshot = ?1 ORDER BY ordinal"),
                     {static_cast<int64_t>(snapshot)});
  std::vector<uint32_t> members;
  std::vector<bool> seen(rows);
  while (cursor.Next()) {
    cursor.ExpectOrdinal();
    uint32_t id = cursor.Index(rows);
    if (id == 0 || seen[id]) cursor.Fail("another row than 0, and none twice");
    seen[id] = true;
    members.push_back(id);
  }
  SEEP_RETURN_IF_ERROR(cursor.status());
  return members;
}

}  // namespace seep
