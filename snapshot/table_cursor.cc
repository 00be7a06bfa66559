#include "snapshot/table_cursor.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace seep {
namespace {

const char* TypeName(int type) {
  switch (type) {
    case SQLITE_INTEGER:
      return "an integer";
    case SQLITE_FLOAT:
      return "a real number";
    case SQLITE_TEXT:
      return "text";
    case SQLITE_BLOB:
      return "a blob";
    default:
      return "NULL";
  }
}

}  // namespace

TableCursor::TableCursor(Database& database, std::string table, const std::string& sql,
                         std::initializer_list<int64_t> parameters)
    : database_(&database), table_(std::move(table)) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement, nullptr);
  statement_.reset(statement);
  if (!CheckCode(code)) return;
  int number = 0;
  for (int64_t parameter : parameters) sqlite3_bind_int64(statement, ++number, parameter);
}

bool TableCursor::Next() {
  if (!status_.ok()) return false;
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return CheckCode(code);
  ++rows_;
  column_ = -1;
  return true;
}

bool TableCursor::CheckCode(int code) {
  if (code == SQLITE_OK) return true;
  absl::Status error = database_->Error(code);
  status_ = absl::Status(error.code(), absl::StrCat(error.message(), " (table ", table_, ")"));
  return false;
}

void TableCursor::Fail(std::string_view expected) {
  if (!status_.ok()) return;
  status_ = absl::DataLossError(
      absl::StrCat(database_->path(), ": table ", table_, ", row ", rows_, ", column ",
                   sqlite3_column_name(statement_.get(), column_), ": expected ",
                   absl::string_view(expected.data(), expected.size()), ", found ",
                   TypeName(sqlite3_column_type(statement_.get(), column_))));
  if (sqlite3_column_type(statement_.get(), column_) == SQLITE_INTEGER) {
    int64_t found = sqlite3_column_int64(statement_.get(), column_);
    status_ = absl::DataLossError(absl::StrCat(status_.message(), " ", found));
  }
}

void TableCursor::FailTable(std::string_view what) {
  if (!status_.ok()) return;
  status_ = absl::DataLossError(absl::StrCat(database_->path(), ": table ", table_, ": ",
                                             absl::string_view(what.data(), what.size())));
}

bool TableCursor::NextIs(int type, std::string_view expected) {
  if (!status_.ok()) return false;
  if (sqlite3_column_type(statement_.get(), ++column_) == type) return true;
  Fail(expected);
  return false;
}

bool TableCursor::NextIsNull() {
  if (!status_.ok()) return true;
  if (sqlite3_column_type(statement_.get(), column_ + 1) != SQLITE_NULL) return false;
  ++column_;
  return true;
}

void TableCursor::Expect(uint64_t value) {
  std::string expected = std::to_string(value);
  if (!NextIs(SQLITE_INTEGER, expected)) return;
  if (static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column_)) != value) {
    Fail(expected);
  }
}

int64_t TableCursor::IntegerBetween(int64_t first, int64_t last) {
  if (!NextIs(SQLITE_INTEGER, "an integer")) return 0;
  int64_t value = sqlite3_column_int64(statement_.get(), column_);
  if (first <= value && value <= last) return value;
  Fail(absl::StrCat("an integer from ", first, " to ", last));
  return 0;
}

uint32_t TableCursor::Index(size_t size) {
  return static_cast<uint32_t>(IntegerBetween(0, static_cast<int64_t>(size) - 1));
}

double TableCursor::Real() {
  if (!NextIs(SQLITE_FLOAT, "a real number")) return 0;
  return sqlite3_column_double(statement_.get(), column_);
}

Estimate TableCursor::RealEstimate() {
  Estimate estimate;
  estimate.value = Real();
  estimate.variance = Real();
  estimate.squares = Real();
  estimate.samples = Integer<uint64_t>();
  return estimate;
}

// Of the current column, which is text or a blob. Blob first: the order that never converts.
std::string_view TableCursor::Bytes() {
  const void* data = sqlite3_column_blob(statement_.get(), column_);
  auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column_));
  if (!database_->SpendText(size)) {
    Fail("no more text in all than the file is long");
    return {};
  }
  return {static_cast<const char*>(data), size};
}

std::string TableCursor::Text() {
  return NextIs(SQLITE_TEXT, "text") ? std::string(Bytes()) : std::string();
}

std::vector<uint8_t> TableCursor::Blob() {
  if (!NextIs(SQLITE_BLOB, "a blob")) return {};
  std::string_view bytes = Bytes();
  return {bytes.begin(), bytes.end()};
}

std::optional<uint64_t> TableCursor::OptionalInteger() {
  if (NextIsNull()) return std::nullopt;
  return Integer<uint64_t>();
}

std::optional<double> TableCursor::OptionalReal() {
  if (NextIsNull()) return std::nullopt;
  return Real();
}

}  // namespace seep
