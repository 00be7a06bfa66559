// Whatever is in a file that claims to be a .seep file, reading it ends soon, in little memory,
// with snapshots or with an error that names the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "snapshot/seep_file.h"
#include "tests/snapshot/random_snapshot.h"
#include "tests/snapshot/temporary_file.h"

namespace seep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::Status ReadEverything(const std::string& path) {
  absl::StatusOr<SeepFile> file = SeepFile::Open(path);
  if (!file.ok()) return file.status();
  absl::Status status;
  for (size_t i = 0; i < file->snapshot_count(); ++i) {
    status.Update(file->ReadSnapshot(i).status());
    status.Update(file->ReadSymbols(i).status());
  }
  return status;
}

class HostileFileTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    TemporaryFile file;
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      auto snapshot = RandomSnapshot(seed, {.blocks = 150, .stacks = 60, .classes = 12});
      ASSERT_TRUE(AppendSnapshot(file.path(), *snapshot, RandomSymbols(seed, *snapshot)).ok());
    }
    valid_ = *ReadFile(file.path());
  }

  HostileFileTest() { Write(valid_); }

  void Write(const std::string& contents) { ASSERT_TRUE(WriteFile(file_.path(), contents).ok()); }

  // As an attacker with SQLite would.
  void Sql(const std::string& sql) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(file_.path().c_str(), &connection), SQLITE_OK);
    char* error = nullptr;
    sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, &error);
    EXPECT_EQ(error, nullptr) << error;
    sqlite3_close(connection);
  }

  // The error of reading; also makes sure that it names the file, and that nobody appends to it.
  std::string Error() {
    absl::Status status = ReadEverything(file_.path());
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.code(), absl::StatusCode::kInternal) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(file_.path()));
    return std::string(status.message());
  }
  std::string ErrorAfter(const std::string& sql) {
    Sql(sql);
    return Error();
  }

  inline static std::string valid_;
  TemporaryFile file_;
};

TEST_F(HostileFileTest, ValidBytesAreValid) {
  EXPECT_TRUE(ReadEverything(file_.path()).ok()) << ReadEverything(file_.path());
}

// ---- Other files

TEST_F(HostileFileTest, TextIsNotASeepFile) {
  Write(std::string(5000, 'x'));
  EXPECT_THAT(Error(), HasSubstr("not a .seep file"));
  EXPECT_FALSE(AppendSnapshot(file_.path(), Snapshot(), {}).ok());
  EXPECT_EQ(*ReadFile(file_.path()), std::string(5000, 'x')) << "foreign file overwritten";
}

TEST_F(HostileFileTest, AnEmptyFileHasNoSnapshots) {
  Write("");
  EXPECT_THAT(Error(), HasSubstr("empty"));
}

TEST_F(HostileFileTest, AFileOfAFewBytesIsNotASeepFile) {
  Write(valid_.substr(0, 99));
  EXPECT_THAT(Error(), HasSubstr("not a .seep file"));
}

TEST_F(HostileFileTest, ADirectoryIsNotASeepFile) {
  std::filesystem::remove(file_.path());
  std::filesystem::create_directory(file_.path());
  Error();
}

TEST_F(HostileFileTest, ADatabaseOfAnotherApplicationIsNotASeepFile) {
  EXPECT_THAT(ErrorAfter("PRAGMA application_id = 1234"),
              AllOf(HasSubstr("not a .seep file"), HasSubstr("0x4d2")));
  EXPECT_THAT(std::string(AppendSnapshot(file_.path(), Snapshot(), {}).message()),
              HasSubstr("not a .seep file"));
}

TEST_F(HostileFileTest, ANewerVersionNeedsANewerSeep) {
  EXPECT_THAT(ErrorAfter("PRAGMA user_version = 2"),
              AllOf(HasSubstr("version 2"), HasSubstr("newer")));
  EXPECT_THAT(std::string(AppendSnapshot(file_.path(), Snapshot(), {}).message()),
              HasSubstr("newer"));
}

TEST_F(HostileFileTest, WriteAheadModeIsRefused) {
  EXPECT_THAT(ErrorAfter("PRAGMA journal_mode = WAL"), HasSubstr("journal mode"));
}

// ---- Other schemas

TEST_F(HostileFileTest, TriggersAreRefused) {
  Sql("CREATE TRIGGER evil AFTER INSERT ON block BEGIN DELETE FROM block; END");
  EXPECT_THAT(Error(), HasSubstr("unexpected trigger evil"));
  EXPECT_THAT(std::string(AppendSnapshot(file_.path(), Snapshot(), {}).message()),
              HasSubstr("unexpected trigger evil"));
}

TEST_F(HostileFileTest, ForeignViewsAreRefused) {
  EXPECT_THAT(ErrorAfter("CREATE VIEW evil AS SELECT 1"), HasSubstr("unexpected view evil"));
}

TEST_F(HostileFileTest, ForeignTablesAreRefused) {
  EXPECT_THAT(ErrorAfter("CREATE VIRTUAL TABLE evil USING fts5(x)"),
              HasSubstr("unexpected table evil"));
}

TEST_F(HostileFileTest, ForeignIndexesAreRefused) {
  EXPECT_THAT(ErrorAfter("CREATE INDEX evil ON block (stack)"), HasSubstr("unexpected index evil"));
}

TEST_F(HostileFileTest, AViewInPlaceOfATableIsRefused) {
  EXPECT_THAT(ErrorAfter("ALTER TABLE notice RENAME TO hidden;"
                         "CREATE VIEW notice AS SELECT * FROM hidden"),
              HasSubstr("expected table notice"));
}

TEST_F(HostileFileTest, AnotherDefinitionIsRefused) {
  EXPECT_THAT(ErrorAfter("ALTER TABLE notice ADD COLUMN extra INTEGER"),
              HasSubstr("table notice: not the definition of version 1"));
}

TEST_F(HostileFileTest, AnExpressionInADefinitionIsRefused) {
  EXPECT_THAT(
      ErrorAfter("DROP TABLE notice; CREATE TABLE notice (snapshot INTEGER, ordinal INTEGER,"
                 " time_ns INTEGER, text TEXT AS (hex(zeroblob(1 << 29))))"),
      HasSubstr("table notice"));
}

// ---- Other values

TEST_F(HostileFileTest, TheSurpriseIsNamed) {
  EXPECT_THAT(ErrorAfter("UPDATE stack SET ending = 9 WHERE id = 2"),
              HasSubstr("table stack, row 3, column ending: expected an integer from 0 to 4, found "
                        "an integer 9"));
}

TEST_F(HostileFileTest, AnotherTypeIsRefused) {
  Sql("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', '')"
      " WHERE name = 'block'");
  Sql("UPDATE block SET size = 'large' WHERE ordinal = 4");
  Sql("PRAGMA writable_schema = ON; UPDATE sqlite_schema"
      " SET sql = replace(sql, 'WITHOUT ROWID', 'STRICT, WITHOUT ROWID') WHERE name = 'block'");
  EXPECT_THAT(Error(),
              HasSubstr("table block, row 5, column size: expected an integer, found text"));
}

TEST_F(HostileFileTest, ImpossibleProbabilitiesAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE block SET probability = 0 WHERE snapshot = 1 AND ordinal = 3"),
              HasSubstr("snapshot 1: blocks[3]: probability"));
}

TEST_F(HostileFileTest, MissingDictionaryRowsAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE block SET class = 999999"), HasSubstr("column class"));
}

TEST_F(HostileFileTest, RowsOfOtherSnapshotsAreRefused) {
  EXPECT_THAT(ErrorAfter("DELETE FROM snapshot_class WHERE snapshot = 0"),
              HasSubstr("expected a row that this snapshot has"));
}

TEST_F(HostileFileTest, MissingModulesAreRefused) {
  EXPECT_THAT(ErrorAfter("DELETE FROM snapshot_module"), HasSubstr("column module"));
}

TEST_F(HostileFileTest, RowsMissingInBetweenAreRefused) {
  EXPECT_THAT(ErrorAfter("DELETE FROM block WHERE ordinal = 7"),
              HasSubstr("table block, row 8, column ordinal: expected 7"));
}

TEST_F(HostileFileTest, AMissingProcessIsRefused) {
  EXPECT_THAT(ErrorAfter("DELETE FROM process"), HasSubstr("table snapshot"));
}

TEST_F(HostileFileTest, MissingReservedRowsAreRefused) {
  EXPECT_THAT(ErrorAfter("DELETE FROM label"), HasSubstr("table label: expected row 0"));
}

TEST_F(HostileFileTest, StacksThatCallThemselvesAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE stack SET caller = id WHERE id = 5"), HasSubstr("column caller"));
}

TEST_F(HostileFileTest, LabelsInsideThemselvesAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE label SET parent = id WHERE id = 2"), HasSubstr("column parent"));
}

TEST_F(HostileFileTest, ClassesThatAreTheirOwnBaseAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE class_base SET base = class"),
              HasSubstr("expected a smaller id than the derived class's"));
}

TEST_F(HostileFileTest, ClassesThatASnapshotHasTwiceAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE snapshot_class SET class = 1"), HasSubstr("none twice"));
}

TEST_F(HostileFileTest, FramesOfNoPositionAreRefused) {
  EXPECT_THAT(ErrorAfter("DELETE FROM code"), HasSubstr("table code_frame"));
}

// ---- Other sizes

TEST_F(HostileFileTest, OversizedTextIsRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE class SET mangled = hex(zeroblob(2000000)) WHERE id = 1"),
              AllOf(HasSubstr("too big"), HasSubstr("table class")));
}

TEST_F(HostileFileTest, OversizedBlobsAreRefused) {
  EXPECT_THAT(ErrorAfter("UPDATE module SET build_id = zeroblob(200000000) WHERE id = 1"),
              AllOf(HasSubstr("too big"), HasSubstr("table module")));
}

// A file of one megabyte that would unfold into gigabytes.
TEST_F(HostileFileTest, NamesThatUnfoldAreRefused) {
  EXPECT_THAT(
      ErrorAfter("INSERT INTO function VALUES (100000, hex(zeroblob(500000)), '');"
                 "UPDATE function SET id = (SELECT count(*) - 1 FROM function) WHERE id = 100000;"
                 "DELETE FROM code_frame;"
                 "INSERT OR IGNORE INTO code VALUES (0, 1, '');"
                 "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                 " INSERT INTO code_frame SELECT 0, 1, i, (SELECT max(id) FROM function), 1, 1"
                 " FROM n"),
      HasSubstr("table code_frame: its names add up to more than 256 MiB"));
}

// An interior page of a B-tree: all its children are made the first one, so that the rows of that
// leaf would be met again and again.
TEST_F(HostileFileTest, PagesThatAreLinkedTwiceAreNotReadTwice) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file_.path().c_str(), &connection), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection, "SELECT rootpage FROM sqlite_schema WHERE name = 'stack'", -1,
                     &statement, nullptr);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  size_t page = 4096 * (static_cast<size_t>(sqlite3_column_int(statement, 0)) - 1);
  sqlite3_finalize(statement);
  sqlite3_close(connection);

  std::string bytes = valid_;
  auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[at]); };
  constexpr uint8_t kInteriorTablePage = 5;
  ASSERT_EQ(byte(page), kInteriorTablePage) << "the test's tree is too small";
  size_t cells = byte(page + 3) * 256u + byte(page + 4);
  auto cell = [&](size_t i) {
    return page + byte(page + 12 + 2 * i) * 256u + byte(page + 13 + 2 * i);
  };
  std::string first_child = bytes.substr(cell(0), 4);
  for (size_t i = 1; i < cells; ++i) bytes.replace(cell(i), 4, first_child);
  bytes.replace(page + 8, 4, first_child);
  Write(bytes);
  EXPECT_THAT(Error(), HasSubstr("column id: expected"));
}

// ---- Anything

// Bytes, runs and whole pages of a valid file, changed at random.
class RandomDamage {
 public:
  explicit RandomDamage(uint64_t seed) : random_(seed) {}

  std::string Of(std::string bytes) {
    constexpr size_t kPage = 4096;
    size_t pages = bytes.size() / kPage;
    switch (random_() % 5) {
      case 0:
        bytes.resize(random_() % bytes.size());
        break;
      case 1:  // a page over another
        bytes.replace(random_() % pages * kPage, kPage, bytes, random_() % pages * kPage, kPage);
        break;
      case 2:  // a run
        for (size_t i = random_() % bytes.size(), n = random_() % 100; n > 0; --n) {
          bytes[(i + n) % bytes.size()] = static_cast<char>(random_());
        }
        break;
      case 3:  // the head of a page, where the B-tree's structure is
        for (size_t n = 1 + random_() % 3; n > 0; --n) {
          bytes[random_() % pages * kPage + random_() % 40] = static_cast<char>(random_());
        }
        break;
      default:
        for (size_t n = 1 + random_() % 16; n > 0; --n) {
          bytes[random_() % bytes.size()] ^= static_cast<char>(1 << random_() % 8);
        }
    }
    return bytes;
  }

 private:
  std::mt19937_64 random_;
};

TEST_F(HostileFileTest, RandomDamageIsReadOrNamed) {
  constexpr int kVariants = 3000;
  RandomDamage damage(42);
  int refused = 0;
  std::chrono::duration<double> longest(0);
  for (int i = 0; i < kVariants; ++i) {
    Write(damage.Of(valid_));
    auto start = std::chrono::steady_clock::now();
    absl::Status status = ReadEverything(file_.path());
    longest =
        std::max<std::chrono::duration<double>>(longest, std::chrono::steady_clock::now() - start);
    if (i % 4 == 0) AppendSnapshot(file_.path(), *RandomSnapshot(9), {}).IgnoreError();
    if (status.ok()) continue;
    ++refused;
    ASSERT_NE(status.code(), absl::StatusCode::kInternal) << i << ": " << status;
    ASSERT_THAT(std::string(status.message()), HasSubstr(file_.path())) << i;
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_GT(refused, kVariants / 10) << "too little damage: the test proves nothing";
  EXPECT_LT(longest.count(), 20.0);
  EXPECT_LT(usage.ru_maxrss, 1 << 20) << "KiB";
  printf("%d of %d variants refused; %.0f ms for the slowest, %ld MiB in all\n", refused, kVariants,
         longest.count() * 1000, usage.ru_maxrss / 1024);
}

}  // namespace
}  // namespace seep
