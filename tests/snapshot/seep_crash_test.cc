// Appends that are killed at any moment leave whole snapshots and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/file.h"
#include "snapshot/seep_file.h"
#include "tests/snapshot/random_snapshot.h"
#include "tests/snapshot/temporary_file.h"

namespace seep {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A child that appends snapshot after snapshot: number i of the file is RandomSnapshot(i).
pid_t StartWriter(const std::string& path, uint64_t first) {
  pid_t child = fork();
  if (child != 0) return child;
  for (uint64_t i = first;; ++i) {
    auto snapshot = RandomSnapshot(i);
    if (!AppendSnapshot(path, *snapshot, RandomSymbols(i, *snapshot)).ok()) _exit(1);
  }
}

// How many whole snapshots there are; checks those from `first` on.
uint64_t CheckFile(const std::string& path, uint64_t first) {
  absl::StatusOr<SeepFile> file = SeepFile::Open(path);
  if (!file.ok()) {
    // Killed before the first one was whole.
    EXPECT_EQ(first, 0u) << file.status();
    EXPECT_TRUE(!fs::exists(path) || fs::file_size(path) == 0) << file.status();
    return 0;
  }
  for (uint64_t i = first; i < file->snapshot_count(); ++i) {
    auto snapshot = file->ReadSnapshot(i);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    if (snapshot.ok()) ExpectSameSnapshot(*RandomSnapshot(i), **snapshot);
    EXPECT_TRUE(file->ReadSymbols(i).ok());
  }
  return file->snapshot_count();
}

TEST(SeepCrashTest, KilledWritersLeaveWholeSnapshots) {
  std::mt19937_64 random(1);
  uint64_t appended = 0;
  size_t journals = 0;
  for (int file_number = 0; file_number < 15; ++file_number) {
    TemporaryFile file;
    uint64_t whole = 0;
    for (int kill_number = 0; kill_number < 10; ++kill_number) {
      pid_t child = StartWriter(file.path(), whole);
      ASSERT_GT(child, 0);
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
      if (child > 1) kill(child, SIGKILL);
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
      journals += fs::exists(file.path() + "-journal");
      uint64_t now = CheckFile(file.path(), whole);
      ASSERT_GE(now, whole) << "a finished snapshot was lost";
      appended += now - whole;
      whole = now;
    }
  }
  EXPECT_GT(appended, 0u);
  EXPECT_GT(journals, 0u) << "no kill hit an append: the test proves nothing";
  printf("150 kills, %zu of them within an append; %zu whole snapshots\n", journals,
         static_cast<size_t>(appended));
}

// A file with one snapshot, and the journal of a second one that never ended.
class UnfinishedAppendTest : public testing::Test {
 protected:
  UnfinishedAppendTest() {
    EXPECT_TRUE(AppendSnapshot(whole_.path(), *RandomSnapshot(0), {}).ok());
    sqlite3* writer = nullptr;
    EXPECT_EQ(sqlite3_open(whole_.path().c_str(), &writer), SQLITE_OK);
    // A cache of one page: the pages are written long before the end of the transaction.
    const char* sql =
        "PRAGMA cache_size = 1; BEGIN; DELETE FROM block; DELETE FROM turnover;"
        "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
        " INSERT INTO notice SELECT 0, i + 1000, i, 'half of a snapshot' FROM n;";
    EXPECT_EQ(sqlite3_exec(writer, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    fs::copy_file(whole_.path(), crashed_.path());
    fs::copy_file(whole_.path() + "-journal", crashed_.path() + "-journal");
    sqlite3_close(writer);
  }
  TemporaryFile whole_;
  TemporaryFile crashed_;
};

TEST_F(UnfinishedAppendTest, IsRolledBackByAReader) {
  EXPECT_EQ(CheckFile(crashed_.path(), 0), 1u);
  EXPECT_FALSE(fs::exists(crashed_.path() + "-journal"));
}

TEST_F(UnfinishedAppendTest, IsRolledBackByTheNextAppend) {
  EXPECT_TRUE(AppendSnapshot(crashed_.path(), *RandomSnapshot(1), {}).ok());
  EXPECT_EQ(CheckFile(crashed_.path(), 0), 2u);
}

// SQLite deletes the file that a journal's end names, once it has rolled it back.
TEST_F(UnfinishedAppendTest, DoesNotDeleteWhatAForgedJournalNames) {
  TemporaryFile victim("victim");
  ASSERT_TRUE(WriteFile(victim.path(), "precious").ok());
  std::string journal = *ReadFile(crashed_.path() + "-journal");
  auto big_endian = [](uint32_t x) {
    return std::string{static_cast<char>(x >> 24), static_cast<char>(x >> 16),
                       static_cast<char>(x >> 8), static_cast<char>(x)};
  };
  uint32_t checksum = 0;
  for (char c : victim.path()) checksum += static_cast<uint32_t>(c);
  const std::string kMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  constexpr uint32_t kNoPage = (1 << 30) / 4096 + 1;
  journal += big_endian(kNoPage) + victim.path() +
             big_endian(static_cast<uint32_t>(victim.path().size())) + big_endian(checksum) +
             kMagic;
  ASSERT_TRUE(WriteFile(crashed_.path() + "-journal", journal).ok());

  absl::Status read = SeepFile::Open(crashed_.path()).status();
  EXPECT_EQ(read.code(), absl::StatusCode::kDataLoss) << read;
  EXPECT_THAT(std::string(read.message()), HasSubstr(crashed_.path() + "-journal"));
  EXPECT_FALSE(AppendSnapshot(crashed_.path(), *RandomSnapshot(1), {}).ok());
  EXPECT_FALSE(WriteSymbols(crashed_.path(), 0, {}).ok());
  EXPECT_TRUE(fs::exists(victim.path()));

  sqlite3* plain = nullptr;
  sqlite3_open(crashed_.path().c_str(), &plain);
  sqlite3_exec(plain, "SELECT count(*) FROM block", nullptr, nullptr, nullptr);
  sqlite3_close(plain);
  EXPECT_FALSE(fs::exists(victim.path())) << "the attack does not work: the test proves nothing";
}

TEST(SeepConcurrencyTest, WritersAndReadersWaitForEachOther) {
  TemporaryFile file;
  constexpr uint64_t kWriters = 3;
  constexpr uint64_t kEach = 5;
  std::vector<pid_t> children;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    pid_t child = fork();
    if (child == 0) {
      for (uint64_t i = 0; i < kEach; ++i) {
        absl::Status status = AppendSnapshot(file.path(), *RandomSnapshot(i), {});
        if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
        if (!status.ok() || !SeepFile::Open(file.path()).ok()) _exit(1);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(SeepFile::Open(file.path())->snapshot_count(), kWriters * kEach);
}

}  // namespace
}  // namespace seep
