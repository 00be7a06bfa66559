// SQLite's C API as owners and Status: connections that do not trust what they open, statements
// that bind by type, transactions that roll back unless committed. Every error names the file.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/estimate.h"

namespace seep {

// One connection, for one thread at a time. Triggers and views are off, the schema is not trusted,
// and no string or row may be longer than kLongestValue: what a hostile file can make SQLite
// allocate for one value is bounded.
class Database {
 public:
  enum class Access { kRead, kWrite };
  static constexpr int kLongestValue = 1 << 20;  // bytes

  // Reads nothing yet, and never creates the file.
  static absl::StatusOr<Database> Open(const std::string& path, Access access);
  static absl::StatusOr<Database> InMemory();

  absl::Status Run(const char* sql);

  // The first `size` bytes of the file, as they are on disk; fewer where it is shorter.
  absl::StatusOr<std::string> Header(size_t size) const;
  absl::StatusOr<uint64_t> FileSize() const;

  // From here on the work (in SQLite's instructions) and the text copied out are bounded by the
  // size of the file: a page that is linked into a hostile B-tree twice cannot be read for ever.
  absl::Status LimitWork();
  void LiftLimit();
  bool SpendText(uint64_t bytes);  // false: more text was read than the file holds

  absl::Status Error(int code) const;  // with SQLite's own words for the last failure
  sqlite3* handle() const { return connection_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  struct Budget {
    uint64_t instructions = std::numeric_limits<uint64_t>::max();
    uint64_t text = std::numeric_limits<uint64_t>::max();
  };
  static absl::StatusOr<Database> Connect(const std::string& path, const char* name, int flags);
  static int SpendInstructions(void* budget);

  std::string path_;
  std::unique_ptr<Budget> budget_;  // outlives the connection, which points to it
  std::unique_ptr<sqlite3, Close> connection_;
};

// A prepared statement that changes the database. Columns and parameters take our types as they
// are; a uint64_t is stored as the int64_t with the same bits, an Estimate as its four fields.
class Statement {
 public:
  static absl::StatusOr<Statement> Prepare(Database& database, const std::string& sql);
  // INSERT INTO `table`, all its columns.
  static absl::StatusOr<Statement> InsertInto(Database& database, const std::string& table);

  template <typename... Values>
  absl::Status Run(const Values&... values) {
    bound_ = 0;
    bind_error_ = SQLITE_OK;
    (Bind(values), ...);
    return Finish();
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement(Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  template <typename Integer>
  requires std::is_integral_v<Integer> || std::is_enum_v<Integer>
  void Bind(Integer value) { BindInteger(static_cast<int64_t>(value)); }
  void Bind(double value);
  void Bind(const std::string& value);
  void Bind(const std::vector<uint8_t>& value);
  void Bind(const Estimate& value);
  template <typename Value>
  void Bind(const std::optional<Value>& value) {
    if (value) return Bind(*value);
    ++bound_;  // an unbound parameter is NULL
  }
  void BindInteger(int64_t value);
  void Note(int code);
  absl::Status Finish();

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  int bind_error_ = SQLITE_OK;  // the first one
};

// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };
  static absl::StatusOr<Transaction> Begin(Database& database, Kind kind);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace seep
