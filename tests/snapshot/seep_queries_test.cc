// The examples of docs/seep_file.md, run as a user would: with SQLite alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "snapshot/builder.h"
#include "snapshot/fingerprint.h"
#include "snapshot/seep_file.h"
#include "tests/snapshot/random_snapshot.h"
#include "tests/snapshot/temporary_file.h"

namespace seep {
namespace {

using Row = std::vector<std::string>;

// A proxy that leaks closures: 10 sampled at the first look, 40 at the second.
std::shared_ptr<const Snapshot> Look(int closures) {
  SnapshotBuilder builder;
  builder.process().pid = 4711;
  builder.process().host = "node1";
  ModuleId proxy = builder.AddModule({"/srv/proxy", {1, 2, 3}, 0x5555'0000, {}, false});
  ClassId base = builder.AddClass({"7Closure", {}, ClassEvidence::kRtti, {}});
  ClassId method = builder.AddClass(
      {"13MethodClosure", {proxy, 0x100}, ClassEvidence::kRtti, {{base, 0, false}}});
  LabelId bad = builder.AddLabel({"cluster", "bad", LabelId()});
  std::vector<CodeLocation> frames = {{proxy, 0x40}, {proxy, 0x20}};
  StackId stack = builder.stacks().Intern(frames, StackEnd::kComplete);
  for (int i = 0; i < closures; ++i) {
    builder.AddBlock({.address = Address(16),
                      .size = 64,
                      .probability = 0.25,
                      .klass = method,
                      .stack = stack,
                      .label = bad,
                      .birth = i});
  }
  builder.AddBlock({.address = Address(4096), .size = 100, .birth = 3});
  PastMoment moment;
  moment.rss = 1 << 20;
  builder.AddMoment(moment);
  builder.AddDropped("samples", 3, "no slot");
  return *std::move(builder).Build();
}

SymbolTable Names() {
  SymbolTable names;
  ModuleId proxy(0);
  names.code[{proxy, 0x40}].frames = {{"NewClosure()", "closure.h", 7, true},
                                      {"Handle()", "io_handler.cc", 42, false}};
  names.code[{proxy, 0x20}].missing = "no debug file";
  names.class_names = {"Closure", "MethodClosure"};
  return names;
}

class SeepQueriesTest : public testing::Test {
 protected:
  SeepQueriesTest() {
    EXPECT_TRUE(AppendSnapshot(file_.path(), *Look(10), {}).ok());
    EXPECT_TRUE(AppendSnapshot(file_.path(), *Look(40), Names()).ok());
    sqlite3_open_v2(file_.path().c_str(), &connection_, SQLITE_OPEN_READONLY, nullptr);
  }
  ~SeepQueriesTest() override { sqlite3_close(connection_); }

  std::vector<Row> Query(const std::string& sql) {
    std::vector<Row> rows;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      Row& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const unsigned char* text = sqlite3_column_text(statement, i);
        row.emplace_back(text == nullptr ? "NULL" : reinterpret_cast<const char*>(text));
      }
    }
    EXPECT_EQ(sqlite3_finalize(statement), SQLITE_OK) << sqlite3_errmsg(connection_) << "\n" << sql;
    return rows;
  }

  TemporaryFile file_;
  sqlite3* connection_ = nullptr;
};

// The question before each example, and the example.
std::vector<std::pair<std::string, std::string>> Examples() {
  std::string page = *ReadFile(SEEP_DOCS "/seep_file.md");
  std::vector<std::pair<std::string, std::string>> examples;
  const std::string kBegin = "\n\n```sql\n";
  for (size_t at = page.find(kBegin); at != std::string::npos; at = page.find(kBegin, at + 1)) {
    size_t question = page.rfind("\n\n", at - 1) + 2;
    size_t sql = at + kBegin.size();
    examples.emplace_back(page.substr(question, at - question),
                          page.substr(sql, page.find("```", sql) - sql));
  }
  return examples;
}

TEST_F(SeepQueriesTest, EveryExampleAnswers) {
  EXPECT_EQ(Examples().size(), 9u);
  for (const auto& [question, sql] : Examples()) EXPECT_FALSE(Query(sql).empty()) << question;
}

TEST_F(SeepQueriesTest, ExamplesAnswerRight) {
  auto answer = [&](const std::string& question_begin) {
    for (const auto& [question, sql] : Examples()) {
      if (question.starts_with(question_begin)) return Query(sql);
    }
    return std::vector<Row>();
  };
  EXPECT_EQ(answer("Which classes hold"),
            (std::vector<Row>{{"MethodClosure", "160.0", "10240.0", "40", "13.7"},
                              {"(unknown)", "1.0", "100.0", "1", "0.0"}}));
  EXPECT_EQ(answer("Which classes grew"),
            (std::vector<Row>{{"MethodClosure", "120.0", "7680.0", "4.9"},
                              {"(unknown)", "0.0", "0.0", "NULL"}}));
  EXPECT_EQ(answer("Classes rolled"), (std::vector<Row>{{"Closure", "160.0", "10240.0"},
                                                        {"MethodClosure", "160.0", "10240.0"}}));
  EXPECT_EQ(answer("The whole stack"),
            (std::vector<Row>{{"0", "NewClosure()", "closure.h", "7", "/srv/proxy", "40"},
                              {"0", "Handle()", "io_handler.cc", "42", "/srv/proxy", "40"},
                              {"1", "no debug file", "NULL", "NULL", "/srv/proxy", "20"}}));
  EXPECT_EQ(answer("Which labels"), (std::vector<Row>{{"cluster", "bad", "40", "160.0", "10240.0"},
                                                      {"", "", "1", "1.0", "100.0"}}));
  EXPECT_EQ(answer("What is not"), (std::vector<Row>{{"samples", "3", "no slot"}}));
}

TEST_F(SeepQueriesTest, ViewsAgreeWithEstimates) {
  auto snapshot = Look(40);
  std::map<std::string, std::pair<Estimate, Estimate>> expected;  // by fingerprint
  for (const Block& block : snapshot->blocks) {
    Fingerprint fingerprint =
        block.klass.is_none()
            ? 0
            : ClassFingerprint(snapshot->classes[block.klass.index()], snapshot->modules);
    auto& [objects, bytes] = expected[std::to_string(static_cast<int64_t>(fingerprint))];
    objects += Estimate::Of(1, block.probability);
    bytes += Estimate::Of(static_cast<double>(block.size), block.probability);
  }
  std::vector<Row> rows = Query(
      "SELECT fingerprint, samples, objects, objects_variance, bytes, bytes_variance"
      " FROM live_by_class WHERE snapshot = 1");
  EXPECT_EQ(rows.size(), expected.size());
  for (const Row& row : rows) {
    const auto& [objects, bytes] = expected[row[0]];
    EXPECT_EQ(row[1], std::to_string(objects.samples));
    EXPECT_DOUBLE_EQ(std::stod(row[2]), objects.value);
    EXPECT_DOUBLE_EQ(std::stod(row[3]), objects.variance);
    EXPECT_DOUBLE_EQ(std::stod(row[4]), bytes.value);
    EXPECT_DOUBLE_EQ(std::stod(row[5]), bytes.variance);
  }
}

TEST_F(SeepQueriesTest, SitesCarryTheirFingerprints) {
  auto snapshot = Look(10);
  StackId stack = snapshot->blocks[0].stack;
  Fingerprint fingerprint = SiteFingerprints(snapshot->stacks, snapshot->modules)[stack.index()];
  EXPECT_EQ(
      Query("SELECT fingerprint, function, line FROM live_by_site"
            " WHERE snapshot = 0 AND samples = 10"),
      (std::vector<Row>{{std::to_string(static_cast<int64_t>(fingerprint)), "NewClosure()", "7"}}));
}

TEST_F(SeepQueriesTest, ReferencesHoldInEveryFile) {
  EXPECT_TRUE(Query("PRAGMA foreign_key_check").empty());
  EXPECT_EQ(Query("PRAGMA integrity_check"), std::vector<Row>{{"ok"}});
  TemporaryFile file;
  for (uint64_t seed = 1; seed < 10; ++seed) {
    auto snapshot = RandomSnapshot(seed);
    ASSERT_TRUE(AppendSnapshot(file.path(), *snapshot, RandomSymbols(seed, *snapshot)).ok());
  }
  sqlite3_close(connection_);
  sqlite3_open_v2(file.path().c_str(), &connection_, SQLITE_OPEN_READONLY, nullptr);
  EXPECT_TRUE(Query("PRAGMA foreign_key_check").empty());
  EXPECT_EQ(Query("PRAGMA integrity_check"), std::vector<Row>{{"ok"}});
}

// Counted blocks of which 300 of 400 samples are of one stack.
TEST(SeepViews, SharesOfCountedBlocksHaveTheirVariance) {
  SnapshotBuilder builder;
  ModuleId proxy = builder.AddModule({"/srv/proxy", {1, 2, 3}, 0x5555'0000, {}, false});
  std::vector<CodeLocation> accept = {{proxy, 0x40}}, retry = {{proxy, 0x80}};
  StackId stacks[] = {builder.stacks().Intern(accept, StackEnd::kComplete),
                      builder.stacks().Intern(retry, StackEnd::kComplete)};
  for (int i = 0; i < 2; ++i) {
    builder.AddBlock(
        {.address = Address(16), .size = 48, .count = i == 0 ? 300u : 100u, .stack = stacks[i]});
    builder.AddBlock({.address = Address(16),
                      .size = 48,
                      .count = i == 0 ? 750'000u : 250'000u,
                      .stack = stacks[i],
                      .split = 1,
                      .samples = i == 0 ? 300u : 100u});
  }
  TemporaryFile file;
  ASSERT_TRUE(AppendSnapshot(file.path(), **std::move(builder).Build(), {}).ok());
  sqlite3* connection = nullptr;
  sqlite3_open_v2(file.path().c_str(), &connection, SQLITE_OPEN_READONLY, nullptr);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection,
                     "SELECT objects, sqrt(objects_variance), sqrt(bytes_variance), samples"
                     " FROM live_by_site ORDER BY objects DESC",
                     -1, &statement, nullptr);
  double error = 1e6 * std::sqrt(0.75 * 0.25 / 400);
  for (double truth : {750'300.0, 250'100.0}) {
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW) << sqlite3_errmsg(connection);
    EXPECT_EQ(sqlite3_column_double(statement, 0), truth);
    EXPECT_NEAR(sqlite3_column_double(statement, 1), error, error / 1000);
    EXPECT_NEAR(sqlite3_column_double(statement, 2), 48 * error, 48 * error / 1000);
    EXPECT_EQ(sqlite3_column_double(statement, 3), truth > 500'000 ? 300 : 100);
  }
  sqlite3_finalize(statement);
  sqlite3_close(connection);
}

}  // namespace
}  // namespace seep
