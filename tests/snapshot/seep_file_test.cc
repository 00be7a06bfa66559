#include "snapshot/seep_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <vector>

#include "base/file.h"
#include "snapshot/builder.h"
#include "tests/snapshot/random_snapshot.h"
#include "tests/snapshot/temporary_file.h"

namespace seep {
namespace {

using ::testing::HasSubstr;

void Append(const std::string& path, const Snapshot& snapshot, const SymbolTable& symbols = {}) {
  absl::Status status = AppendSnapshot(path, snapshot, symbols);
  ASSERT_TRUE(status.ok()) << status;
}

SeepFile OpenFile(const std::string& path) {
  absl::StatusOr<SeepFile> file = SeepFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

std::shared_ptr<const Snapshot> Read(SeepFile& file, size_t index) {
  auto snapshot = file.ReadSnapshot(index);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *snapshot;
}

SymbolTable ReadNames(const std::string& path, size_t index) {
  auto symbols = OpenFile(path).ReadSymbols(index);
  EXPECT_TRUE(symbols.ok()) << symbols.status();
  return *symbols;
}

TEST(SeepFileTest, ReturnsRandomSnapshotsAsTheyWere) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    TemporaryFile file;
    auto snapshot = RandomSnapshot(seed);
    Append(file.path(), *snapshot);
    SeepFile opened = OpenFile(file.path());
    ASSERT_EQ(opened.snapshot_count(), 1u);
    SCOPED_TRACE(seed);
    ExpectSameSnapshot(*snapshot, *Read(opened, 0));
  }
}

TEST(SeepFileTest, ReturnsRandomNamesAsTheyWere) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    TemporaryFile file;
    auto snapshot = RandomSnapshot(seed);
    SymbolTable symbols = RandomSymbols(seed, *snapshot);
    Append(file.path(), *snapshot, symbols);
    SymbolTable found = ReadNames(file.path(), 0);
    EXPECT_TRUE(found.code == symbols.code) << seed;
    EXPECT_EQ(found.class_names, symbols.class_names) << seed;
  }
}

TEST(SeepFileTest, KeepsSeriesOfSnapshotsApart) {
  TemporaryFile file;
  std::vector<std::shared_ptr<const Snapshot>> series;
  for (uint64_t seed = 100; seed < 120; ++seed) {
    series.push_back(RandomSnapshot(seed));
    Append(file.path(), *series.back(), RandomSymbols(seed, *series.back()));
  }
  SeepFile opened = OpenFile(file.path());
  ASSERT_EQ(opened.snapshot_count(), series.size());
  for (size_t i = series.size(); i-- > 0;) {
    SCOPED_TRACE(i);
    ExpectSameSnapshot(*series[i], *Read(opened, i));
  }
}

TEST(SeepFileTest, SharesWhatSnapshotsHaveInCommon) {
  TemporaryFile file;
  auto snapshot = RandomSnapshot(7, {.blocks = 0, .stacks = 5000, .classes = 500});
  Append(file.path(), *snapshot);
  uint64_t once = ReadFile(file.path())->size();
  Append(file.path(), *snapshot);
  EXPECT_LT(ReadFile(file.path())->size() - once, once / 2);
}

TEST(SeepFileTest, KeepsStackIdsOfTheFirstSnapshot) {
  SnapshotBuilder builder;
  ModuleId module = builder.AddModule({});
  for (uint64_t i = 0; i < 100; ++i) {
    std::vector<CodeLocation> frames = {{module, i}, {module, i / 10}, {ModuleId(), i / 50}};
    Block block;
    block.stack = builder.stacks().Intern(frames, StackEnd::kTruncated);
    builder.AddBlock(block);
  }
  auto snapshot = *std::move(builder).Build();
  TemporaryFile file;
  Append(file.path(), *snapshot);
  SeepFile opened = OpenFile(file.path());
  EXPECT_TRUE(snapshot->blocks == Read(opened, 0)->blocks);
}

TEST(SeepFileTest, HoldsAnEmptySnapshot) {
  TemporaryFile file;
  Append(file.path(), Snapshot());
  SeepFile opened = OpenFile(file.path());
  ExpectSameSnapshot(Snapshot(), *Read(opened, 0));
}

class NamesTest : public testing::Test {
 protected:
  NamesTest() {
    SnapshotBuilder builder;
    here_ = {builder.AddModule({"/bin/proxy", {}, 0, {}, false}), 0x40};
    builder.AddClass({"3Job", {}, ClassEvidence::kRtti, {}});
    snapshot_ = *std::move(builder).Build();
    Append(file_.path(), *snapshot_);
  }
  void Write(const Symbol& symbol, const std::string& class_name) {
    SymbolTable symbols;
    symbols.code[here_] = symbol;
    symbols.class_names = {class_name};
    absl::Status status = WriteSymbols(file_.path(), 0, symbols);
    ASSERT_TRUE(status.ok()) << status;
  }

  TemporaryFile file_;
  std::shared_ptr<const Snapshot> snapshot_;
  CodeLocation here_;
  Symbol named_{{{"Run()", "job.cc", 12, true}, {"Main()", "main.cc", 3, false}}, ""};
  Symbol renamed_{{{"Job::Run()", "job.cc", 13, false}}, ""};
  Symbol nameless_{{}, "no debug file"};
};

TEST_F(NamesTest, ComeAfterTheSnapshot) {
  EXPECT_TRUE(ReadNames(file_.path(), 0).code.empty());
  Write(named_, "Job");
  SymbolTable names = ReadNames(file_.path(), 0);
  EXPECT_EQ(names.code[here_], named_);
  EXPECT_EQ(names.class_names, std::vector<std::string>{"Job"});
}

TEST_F(NamesTest, ReplaceReasonsAndOlderNames) {
  Write(nameless_, "");
  EXPECT_EQ(ReadNames(file_.path(), 0).code[here_], nameless_);
  Write(named_, "Job");
  Write(renamed_, "common::Job");
  SymbolTable names = ReadNames(file_.path(), 0);
  EXPECT_EQ(names.code[here_], renamed_);
  EXPECT_EQ(names.class_names, std::vector<std::string>{"common::Job"});
}

TEST_F(NamesTest, AreNotReplacedByReasons) {
  Write(named_, "Job");
  Write(nameless_, "");
  SymbolTable names = ReadNames(file_.path(), 0);
  EXPECT_EQ(names.code[here_], named_);
  EXPECT_EQ(names.class_names, std::vector<std::string>{"Job"});
}

TEST_F(NamesTest, CountForOtherRunsOfTheSameBuild) {
  SnapshotBuilder builder;
  builder.AddModule({"/lib/other.so", {}, 0, {}, false});
  ModuleId proxy = builder.AddModule({"/bin/proxy", {}, 0x7000'0000, {}, false});
  Append(file_.path(), **std::move(builder).Build());
  Write(named_, "Job");
  EXPECT_EQ((ReadNames(file_.path(), 1).code[{proxy, here_.offset}]), named_);
}

TEST_F(NamesTest, OfPositionsThatTheSnapshotLacksAreRefused) {
  SymbolTable symbols;
  symbols.code[{ModuleId(9), 0}] = named_;
  EXPECT_EQ(WriteSymbols(file_.path(), 0, symbols).code(), absl::StatusCode::kInternal);
  symbols.code.clear();
  symbols.class_names = {"A", "B"};
  EXPECT_EQ(WriteSymbols(file_.path(), 0, symbols).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(WriteSymbols(file_.path(), 1, {}).code(), absl::StatusCode::kOutOfRange);
}

TEST(SeepFileTest, IsPrivate) {
  TemporaryFile file;
  mode_t before = umask(0);
  Append(file.path(), Snapshot());
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat(file.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(SeepFileTest, IsNotMadeByReading) {
  TemporaryFile file;
  absl::Status status = SeepFile::Open(file.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(file.path()));
  EXPECT_EQ(WriteSymbols(file.path(), 0, {}).code(), absl::StatusCode::kNotFound);
  EXPECT_NE(access(file.path().c_str(), F_OK), 0);
}

TEST(SeepFileTest, RefusesAStringThatNoReaderWouldTake) {
  TemporaryFile file;
  SnapshotBuilder builder;
  builder.AddNotice({0, std::string(2 << 20, 'x')});
  absl::Status status = AppendSnapshot(file.path(), **std::move(builder).Build(), {});
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(OpenFile(file.path()).snapshot_count(), 0u) << "half a snapshot";
}

TEST(SeepFileTest, TakesNamesThatLookLikeSqliteUris) {
  TemporaryFile file("file:memory?mode=memory");
  Append(file.path(), Snapshot());
  EXPECT_EQ(access(file.path().c_str(), F_OK), 0);
  std::string here = std::filesystem::current_path();
  std::filesystem::current_path(file.directory());
  Append(":memory:", Snapshot());
  EXPECT_EQ(OpenFile("file:memory?mode=memory").snapshot_count(), 1u);
  EXPECT_EQ(OpenFile(":memory:").snapshot_count(), 1u);
  std::filesystem::current_path(here);
}

TEST(SeepFileTest, WritesAFullRecordingInAboutASecond) {
  auto snapshot = RandomSnapshot(1, {.blocks = 65'536, .stacks = 16'384, .classes = 2'000});
  SymbolTable symbols = RandomSymbols(1, *snapshot);
  TemporaryFile file;
  auto start = std::chrono::steady_clock::now();
  Append(file.path(), *snapshot, {});
  std::chrono::duration<double> write = std::chrono::steady_clock::now() - start;
  SeepFile opened = OpenFile(file.path());
  start = std::chrono::steady_clock::now();
  ExpectSameSnapshot(*snapshot, *Read(opened, 0));
  std::chrono::duration<double> read = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(WriteSymbols(file.path(), 0, symbols).ok());
  RecordProperty("write_ms", static_cast<int>(write.count() * 1000));
  RecordProperty("read_ms", static_cast<int>(read.count() * 1000));
  EXPECT_LT(write.count(), 5.0);  // a busy machine, or a sanitizer
  printf("%zu nodes: written in %.2f s, read in %.2f s\n", snapshot->stacks.size(), write.count(),
         read.count());
}

}  // namespace
}  // namespace seep
