#include "snapshot/table_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "snapshot/sqlite.h"
#include "tests/snapshot/temporary_file.h"

namespace seep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TableCursorTest : public testing::Test {
 protected:
  TableCursorTest() {
    EXPECT_TRUE(WriteFile(file_.path(), "").ok());
    database_.emplace(Database::Open(file_.path(), Database::Access::kWrite).value());
    EXPECT_TRUE(database_->Run("CREATE TABLE t (x)").ok());
  }

  // A cursor on a row of this one value.
  TableCursor On(const std::string& value) {
    EXPECT_TRUE(
        database_->Run(("DELETE FROM t; INSERT INTO t VALUES (" + value + ")").c_str()).ok());
    TableCursor rows(*database_, "t", "SELECT x FROM t");
    EXPECT_TRUE(rows.Next());
    return rows;
  }

  static std::string Message(const TableCursor& rows) {
    return std::string(rows.status().message());
  }

  TemporaryFile file_;
  std::optional<Database> database_;
};

TEST_F(TableCursorTest, GivesBackWhatStatementsStore) {
  absl::StatusOr<Statement> insert = Statement::InsertInto(*database_, "t");
  ASSERT_TRUE(insert.ok()) << insert.status();
  std::vector<uint8_t> no_bytes;
  ASSERT_TRUE(insert->Run(UINT64_MAX).ok());
  ASSERT_TRUE(insert->Run(-0x1.fffffffffffffp-1022).ok());
  ASSERT_TRUE(insert->Run(std::string("a\0b\xff", 4)).ok());
  ASSERT_TRUE(insert->Run(no_bytes).ok());
  ASSERT_TRUE(insert->Run(std::optional<double>()).ok());
  ASSERT_TRUE(insert->Run(true).ok());
  TableCursor rows(*database_, "t", "SELECT x FROM t");
  rows.Next();
  EXPECT_EQ(rows.Integer<uint64_t>(), UINT64_MAX);
  rows.Next();
  EXPECT_EQ(rows.Real(), -0x1.fffffffffffffp-1022);
  rows.Next();
  EXPECT_EQ(rows.Text(), std::string("a\0b\xff", 4));
  rows.Next();
  EXPECT_EQ(rows.Blob(), no_bytes);
  rows.Next();
  EXPECT_EQ(rows.OptionalReal(), std::nullopt);
  rows.Next();
  EXPECT_TRUE(rows.Flag());
  EXPECT_FALSE(rows.Next());
  EXPECT_TRUE(rows.status().ok()) << rows.status();
}

TEST_F(TableCursorTest, NamesFileTableRowColumnAndBothTypes) {
  TableCursor rows = On("'five'");
  EXPECT_EQ(rows.Integer<uint64_t>(), 0u);
  EXPECT_EQ(Message(rows),
            file_.path() + ": table t, row 1, column x: expected an integer, found text");
  EXPECT_FALSE(rows.Next()) << "no reading on after an error";
}

TEST_F(TableCursorTest, KeepsTheFirstError) {
  TableCursor rows = On("NULL");
  rows.Real();
  std::string first = Message(rows);
  rows.Text();
  rows.Fail("something else");
  EXPECT_EQ(Message(rows), first);
}

TEST_F(TableCursorTest, TakesEveryTypeForItselfAlone) {
  const char* values[] = {"1", "1.0", "'1'", "x'31'", "NULL"};
  for (const char* value : values) {
    std::string type = value;
    TableCursor integer = On(value);
    integer.Integer<int64_t>();
    EXPECT_EQ(integer.status().ok(), type == "1") << type;
    TableCursor real = On(value);
    real.Real();
    EXPECT_EQ(real.status().ok(), type == "1.0") << type;
    TableCursor text = On(value);
    text.Text();
    EXPECT_EQ(text.status().ok(), type == "'1'") << type;
    TableCursor blob = On(value);
    blob.Blob();
    EXPECT_EQ(blob.status().ok(), type == "x'31'") << type;
  }
}

TEST_F(TableCursorTest, ChecksRanges) {
  TableCursor rows = On("256");
  rows.Integer<uint8_t>();
  EXPECT_THAT(Message(rows), HasSubstr("expected an integer from 0 to 255, found an integer 256"));
  rows = On("-1");
  rows.Integer<uint32_t>();
  EXPECT_FALSE(rows.status().ok());
  rows = On("4294967295");
  EXPECT_EQ(rows.Integer<uint32_t>(), UINT32_MAX);
  EXPECT_TRUE(rows.status().ok());
  rows = On("2");
  rows.Flag();
  EXPECT_FALSE(rows.status().ok());
  rows = On("10");
  rows.Index(10);
  EXPECT_FALSE(rows.status().ok());
  rows = On("0");
  rows.Index(0);
  EXPECT_FALSE(rows.status().ok());
}

TEST_F(TableCursorTest, ReadsNoMoreTextThanTheFileHolds) {
  ASSERT_TRUE(database_
                  ->Run("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                        " WHERE i < 1000) INSERT INTO t SELECT hex(zeroblob(50)) FROM n")
                  .ok());
  ASSERT_TRUE(database_->LimitWork().ok());
  TableCursor once(*database_, "t", "SELECT x FROM t");
  while (once.Next()) once.Text();
  EXPECT_TRUE(once.status().ok()) << once.status();
  TableCursor often(*database_, "t", "SELECT a.x FROM t a, t b");
  while (often.Next()) often.Text();
  EXPECT_THAT(Message(often), HasSubstr("no more text in all than the file is long"));
  EXPECT_LT(often.rows(), 1000u);
}

TEST_F(TableCursorTest, EndsWorkThatWouldNotEnd) {
  ASSERT_TRUE(database_->LimitWork().ok());
  TableCursor rows(*database_, "t",
                   "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)"
                   " SELECT i FROM n WHERE i < 0");
  EXPECT_FALSE(rows.Next());
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(rows), AllOf(HasSubstr(file_.path()), HasSubstr("would not end")));
}

TEST_F(TableCursorTest, TakesNoValueLongerThanTheLimit) {
  absl::StatusOr<Statement> insert = Statement::InsertInto(*database_, "t");
  ASSERT_TRUE(insert.ok()) << insert.status();
  EXPECT_FALSE(insert->Run(std::string(Database::kLongestValue + 1, 'x')).ok());
  EXPECT_TRUE(insert->Run(std::string("x")).ok()) << "usable after an error";
}

TEST_F(TableCursorTest, RollsBackWhatIsNotCommitted) {
  auto count = [&] {
    TableCursor rows(*database_, "t", "SELECT x FROM t");
    while (rows.Next()) rows.Integer<int64_t>();
    return rows.rows();
  };
  {
    auto transaction = Transaction::Begin(*database_, Transaction::Kind::kWrite);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database_->Run("INSERT INTO t VALUES (1)").ok());
    EXPECT_EQ(count(), 1u);
  }
  EXPECT_EQ(count(), 0u);
  auto transaction = Transaction::Begin(*database_, Transaction::Kind::kWrite);
  ASSERT_TRUE(database_->Run("INSERT INTO t VALUES (1)").ok());
  ASSERT_TRUE(transaction->Commit().ok());
  EXPECT_EQ(count(), 1u);
}

}  // namespace
}  // namespace seep
