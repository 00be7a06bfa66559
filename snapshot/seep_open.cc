#include "snapshot/seep_open.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <map>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "snapshot/seep_schema.h"
#include "snapshot/table_cursor.h"

namespace seep {
namespace {

// ---- Header: sqlite.org/fileformat.html §1.3, big-endian.

constexpr char kMagic[] = "SQLite format 3";  // with its null: 16 bytes
constexpr size_t kHeaderSize = 100;

uint32_t BigEndian32(const std::string& header, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(header[offset + i]);
  return value;
}

absl::Status CheckHeader(const Database& database) {
  SEEP_ASSIGN_OR_RETURN(std::string header, database.Header(kHeaderSize));
  auto refuse = [&](const auto&... why) {
    return absl::InvalidArgumentError(absl::StrCat(database.path(), ": ", why...));
  };
  if (header.empty()) return refuse("empty: its first snapshot was never finished");
  if (header.size() < kHeaderSize ||
      header.compare(0, sizeof(kMagic), kMagic, sizeof(kMagic)) != 0) {
    return refuse("not a .seep file: it is not a SQLite database");
  }
  uint32_t application = BigEndian32(header, 68);
  if (application != schema::kApplicationId) {
    return refuse("not a .seep file: expected application_id 0x", absl::Hex(schema::kApplicationId),
                  ", found 0x", absl::Hex(application));
  }
  uint32_t version = BigEndian32(header, 60);
  if (version != schema::kVersion) {
    return refuse("version ", version, ": this Seep reads version ", schema::kVersion,
                  version > schema::kVersion ? "; a newer one is needed" : "");
  }
  constexpr char kRollbackJournal = 1;
  if (header[18] != kRollbackJournal || header[19] != kRollbackJournal) {
    return refuse("its journal mode was changed: run PRAGMA journal_mode = DELETE on it");
  }
  constexpr uint32_t kUtf8 = 1;
  if (BigEndian32(header, 56) != kUtf8) return refuse("its text is not UTF-8");
  return absl::OkStatus();
}

// ---- Journal: a file beside the database that holds the old pages of an unfinished append.

// A journal that ends in this names a "super-journal", which rolling back deletes: any file that
// the user may delete. Ours never do, so this one was planted.
constexpr uint8_t kSuperJournal[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};

absl::Status CheckJournal(const Database& database) {
  const char* name = sqlite3_filename_journal(sqlite3_db_filename(database.handle(), "main"));
  UniqueFd journal(open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!journal.ok()) return absl::OkStatus();  // none, or SQLite will fail on it as well
  struct stat info {};
  if (fstat(journal.get(), &info) != 0) return FileError(name, "cannot stat", errno);
  std::string end(sizeof(kSuperJournal), '\0');
  off_t offset = info.st_size - static_cast<off_t>(end.size());
  if (offset < 0) return absl::OkStatus();
  ssize_t read = pread(journal.get(), end.data(), end.size(), offset);
  if (read < 0) return FileError(name, "cannot read", errno);
  if (end == std::string(std::begin(kSuperJournal), std::end(kSuperJournal))) {
    return absl::DataLossError(absl::StrCat(name, ": not a journal of Seep's; remove it"));
  }
  return absl::OkStatus();
}

absl::Status RollBackUnfinishedAppend(const std::string& path) {
  absl::StatusOr<Database> database = Database::Open(path, Database::Access::kWrite);
  absl::Status status = database.status();
  if (status.ok()) status = CheckJournal(*database);
  if (status.ok()) status = database->Run("BEGIN IMMEDIATE; ROLLBACK;");
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(status.message(), " (while rolling back an unfinished append)"));
}

// ---- Schema

absl::Status CreateSchema(Database& database) {
  std::string identity = absl::StrCat("PRAGMA application_id = ", schema::kApplicationId,
                                      "; PRAGMA user_version = ", schema::kVersion, ";");
  SEEP_RETURN_IF_ERROR(database.Run(identity.c_str()));
  for (const char* part : {schema::kDictionaries, schema::kSnapshots, schema::kNames,
                           schema::kViews, schema::kFirstRows}) {
    SEEP_RETURN_IF_ERROR(database.Run(part));
  }
  return absl::OkStatus();
}

// "table block" → its SQL. Without sqlite_…: what SQLite makes for itself, and only it can make.
using Objects = std::map<std::string, std::string>;

absl::StatusOr<Objects> ReadObjects(Database& database) {
  TableCursor rows(database, "sqlite_schema",
                   "SELECT type, name, sql FROM sqlite_schema"
                   " WHERE substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid");
  Objects objects;
  while (rows.Next()) {
    std::string type = rows.Text();
    std::string name = rows.Text();
    objects[absl::StrCat(type, " ", name)] = rows.Text();
  }
  SEEP_RETURN_IF_ERROR(rows.status());
  return objects;
}

absl::Status CheckSchema(Database& database) {
  SEEP_ASSIGN_OR_RETURN(Database model, Database::InMemory());
  SEEP_RETURN_IF_ERROR(CreateSchema(model));
  SEEP_ASSIGN_OR_RETURN(Objects expected, ReadObjects(model));
  SEEP_ASSIGN_OR_RETURN(Objects found, ReadObjects(database));
  for (const auto& [object, sql] : expected) {
    auto it = found.find(object);
    if (it == found.end()) {
      return absl::DataLossError(absl::StrCat(database.path(), ": expected ", object));
    }
    if (it->second != sql) {
      return absl::DataLossError(absl::StrCat(
          database.path(), ": ", object, ": not the definition of version ", schema::kVersion));
    }
    found.erase(it);
  }
  if (found.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(database.path(), ": unexpected ", found.begin()->first,
                   ": a .seep file holds Seep's own tables and views and nothing else"));
}

absl::Status CreateFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return fd.ok() || errno == EEXIST ? absl::OkStatus() : FileError(path, "cannot create", errno);
}

// A file without a byte was just made, or making it was interrupted. Inside a write transaction,
// which has decided who fills it.
absl::Status CreateSchemaIfEmpty(Database& database) {
  SEEP_ASSIGN_OR_RETURN(uint64_t size, database.FileSize());
  return size == 0 ? CreateSchema(database) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Database> OpenForReading(const std::string& path) {
  SEEP_ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Access::kRead));
  SEEP_RETURN_IF_ERROR(CheckHeader(database));
  // The first look at the file is where SQLite finds a journal, which a reader may not roll back.
  if (!database.Run("PRAGMA schema_version").ok() &&
      sqlite3_extended_errcode(database.handle()) == SQLITE_READONLY_ROLLBACK) {
    SEEP_RETURN_IF_ERROR(RollBackUnfinishedAppend(path));
    SEEP_RETURN_IF_ERROR(CheckHeader(database));
  }
  SEEP_RETURN_IF_ERROR(database.LimitWork());
  SEEP_RETURN_IF_ERROR(CheckSchema(database));
  return database;
}

absl::StatusOr<Database> OpenForWriting(const std::string& path) {
  SEEP_ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Access::kWrite));
  SEEP_RETURN_IF_ERROR(CheckJournal(database));
  SEEP_RETURN_IF_ERROR(CheckHeader(database));
  SEEP_RETURN_IF_ERROR(database.LimitWork());
  SEEP_RETURN_IF_ERROR(CheckSchema(database));
  database.LiftLimit();
  return database;
}

absl::StatusOr<Database> OpenOrCreate(const std::string& path) {
  SEEP_RETURN_IF_ERROR(CreateFile(path));
  {
    SEEP_ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Access::kWrite));
    SEEP_RETURN_IF_ERROR(CheckJournal(database));
    SEEP_ASSIGN_OR_RETURN(uint64_t size, database.FileSize());
    if (size != 0) SEEP_RETURN_IF_ERROR(CheckHeader(database));
    SEEP_ASSIGN_OR_RETURN(Transaction transaction,
                          Transaction::Begin(database, Transaction::Kind::kWrite));
    SEEP_RETURN_IF_ERROR(CreateSchemaIfEmpty(database));
    SEEP_RETURN_IF_ERROR(transaction.Commit());
  }
  return OpenForWriting(path);
}

absl::StatusOr<size_t> CountSnapshots(Database& database) {
  TableCursor rows(database, "snapshot", "SELECT id FROM snapshot ORDER BY id");
  while (rows.Next()) rows.ExpectOrdinal();
  SEEP_RETURN_IF_ERROR(rows.status());
  return rows.rows();
}

absl::Status CheckSnapshotIndex(const Database& database, size_t index, size_t count) {
  if (index < count) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(database.path(), ": no snapshot ", index, ": it holds ", count));
}

}  // namespace seep
