#include "snapshot/sqlite.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace seep {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// Reading a row of ours takes some 4 instructions a column, and a column at least a byte.
constexpr uint64_t kInstructionsPerByte = 64;
constexpr uint64_t kInstructionsAnyway = 10'000'000;
constexpr int kInstructionsPerCall = 10'000;

// "Defense Against The Dark Arts", sqlite.org/security.html.
absl::Status Distrust(sqlite3* connection) {
  for (int option :
       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
        SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML}) {
    sqlite3_db_config(connection, option, 0, nullptr);
  }
  int defensive = 0;
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, &defensive);
  if (defensive != 1) return absl::UnimplementedError("this SQLite has no defensive mode");
  struct Limit {
    int id;
    int value;
  };
  for (Limit limit : {Limit{SQLITE_LIMIT_LENGTH, Database::kLongestValue},
                      {SQLITE_LIMIT_SQL_LENGTH, 100'000},
                      {SQLITE_LIMIT_COLUMN, 100},
                      {SQLITE_LIMIT_EXPR_DEPTH, 20},
                      {SQLITE_LIMIT_COMPOUND_SELECT, 4},
                      {SQLITE_LIMIT_VDBE_OP, 25'000},
                      {SQLITE_LIMIT_FUNCTION_ARG, 8},
                      {SQLITE_LIMIT_ATTACHED, 0},
                      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
                      {SQLITE_LIMIT_VARIABLE_NUMBER, 100},
                      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
                      {SQLITE_LIMIT_WORKER_THREADS, 0}}) {
    sqlite3_limit(connection, limit.id, limit.value);
  }
  return absl::OkStatus();
}

sqlite3_file* MainFile(sqlite3* connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file;
}

}  // namespace

absl::StatusOr<Database> Database::Open(const std::string& path, Access access) {
  // A name that SQLite would not take for a file (":memory:", "file:…?…") becomes one.
  std::string name = path.starts_with('/') ? path : "./" + path;
  int flags = access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  return Connect(path, name.c_str(), flags);
}

absl::StatusOr<Database> Database::InMemory() {
  return Connect("memory", ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY);
}

absl::StatusOr<Database> Database::Connect(const std::string& path, const char* name, int flags) {
  Database database;
  database.path_ = path;
  database.budget_ = std::make_unique<Budget>();
  sqlite3* connection = nullptr;
  int code = sqlite3_open_v2(name, &connection, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             nullptr);
  database.connection_.reset(connection);
  if (code != SQLITE_OK) return database.Error(code);
  SEEP_RETURN_IF_ERROR(Distrust(connection));
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  SEEP_RETURN_IF_ERROR(database.Run(
      "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"));
  return database;
}

absl::Status Database::Run(const char* sql) {
  int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

// Through SQLite's own descriptor: closing a second one would drop the POSIX locks of the first.
absl::StatusOr<std::string> Database::Header(size_t size) const {
  SEEP_ASSIGN_OR_RETURN(uint64_t file_size, FileSize());
  std::string header(std::min<uint64_t>(size, file_size), '\0');
  sqlite3_file* file = MainFile(handle());
  int code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  if (code != SQLITE_OK) return Error(code);
  return header;
}

absl::StatusOr<uint64_t> Database::FileSize() const {
  sqlite3_file* file = MainFile(handle());
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  if (code != SQLITE_OK) return Error(code);
  return static_cast<uint64_t>(size);
}

int Database::SpendInstructions(void* budget) {
  auto* left = &static_cast<Budget*>(budget)->instructions;
  if (*left < kInstructionsPerCall) return 1;
  *left -= kInstructionsPerCall;
  return 0;
}

absl::Status Database::LimitWork() {
  SEEP_ASSIGN_OR_RETURN(uint64_t size, FileSize());
  *budget_ = {kInstructionsAnyway + kInstructionsPerByte * size, size};
  sqlite3_progress_handler(handle(), kInstructionsPerCall, SpendInstructions, budget_.get());
  return absl::OkStatus();
}

void Database::LiftLimit() {
  *budget_ = Budget();
  sqlite3_progress_handler(handle(), 0, nullptr, nullptr);
}

bool Database::SpendText(uint64_t bytes) {
  if (bytes > budget_->text) return false;
  budget_->text -= bytes;
  return true;
}

absl::Status Database::Error(int code) const {
  const char* words = connection_ ? sqlite3_errmsg(handle()) : sqlite3_errstr(code);
  std::string message = absl::StrCat(path_, ": ", words);
  switch (code & 0xff) {
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      if (int error = connection_ ? sqlite3_system_errno(handle()) : 0; error != 0) {
        return FileError(path_, "cannot read or write", error);
      }
      return absl::UnavailableError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message + ": another process is writing");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::PermissionDeniedError(message);
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(message);
    case SQLITE_INTERRUPT:
      return absl::DataLossError(message + ": damaged, reading it would not end");
    default:
      return absl::DataLossError(message);
  }
}

absl::StatusOr<Statement> Statement::Prepare(Database& database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement, nullptr);
  if (code != SQLITE_OK) return database.Error(code);
  return Statement(database, statement);
}

absl::StatusOr<Statement> Statement::InsertInto(Database& database, const std::string& table) {
  SEEP_ASSIGN_OR_RETURN(Statement columns, Prepare(database, "SELECT * FROM " + table));
  std::string sql = absl::StrCat("INSERT INTO ", table, " VALUES (?");
  for (int i = sqlite3_column_count(columns.statement_.get()); i > 1; --i) sql += ",?";
  return Prepare(database, sql + ")");
}

void Statement::Note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::BindInteger(int64_t value) {
  Note(sqlite3_bind_int64(statement_.get(), ++bound_, value));
}

void Statement::Bind(double value) { Note(sqlite3_bind_double(statement_.get(), ++bound_, value)); }

void Statement::Bind(const std::string& value) {
  Note(sqlite3_bind_text64(statement_.get(), ++bound_, value.data(), value.size(), SQLITE_STATIC,
                           SQLITE_UTF8));
}

// A null pointer would bind NULL, and an empty vector may have one.
void Statement::Bind(const std::vector<uint8_t>& value) {
  const void* data = value.empty() ? "" : static_cast<const void*>(value.data());
  Note(sqlite3_bind_blob64(statement_.get(), ++bound_, data, value.size(), SQLITE_STATIC));
}

void Statement::Bind(const Estimate& value) {
  Bind(value.value);
  Bind(value.variance);
  Bind(value.squares);
  Bind(value.samples);
}

absl::Status Statement::Finish() {
  if (bind_error_ == SQLITE_OK) sqlite3_step(statement_.get());
  int code = sqlite3_reset(statement_.get());
  if (bind_error_ != SQLITE_OK) code = bind_error_;
  absl::Status status = code == SQLITE_OK ? absl::OkStatus() : database_->Error(code);
  sqlite3_clear_bindings(statement_.get());
  return status;
}

absl::StatusOr<Transaction> Transaction::Begin(Database& database, Kind kind) {
  SEEP_RETURN_IF_ERROR(database.Run(kind == Kind::kRead ? "BEGIN" : "BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) database_->Run("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  SEEP_RETURN_IF_ERROR(database_->Run("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace seep
