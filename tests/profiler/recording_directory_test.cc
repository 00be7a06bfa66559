// Old recordings go, oldest first; nothing else in the directory is touched.
#include "profiler/recording_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "snapshot/recording_format.h"
#include "tests/heap/temporary_directory.h"

namespace seep::profiler {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

constexpr uint64_t kUnlimited = ~uint64_t{0};
constexpr uint64_t kFileSize = 8192;

// Of a process that has ended.
uint32_t DeadPid() {
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return static_cast<uint32_t>(child);
}

std::string NameOf(int index) {
  char name[64];
  snprintf(name, sizeof(name), "some.server.%d.123456.%016x", 1000 + index, index);
  return name;
}

class RecordingDirectoryTest : public ::testing::Test {
 protected:
  RecordingDirectoryTest() {
    memcpy(header_.magic, recording::kMagic, sizeof(header_.magic));
    std::ifstream("/proc/sys/kernel/random/boot_id").read(header_.boot_id, 36);
    struct stat info {};
    stat("/proc/self/ns/pid", &info);
    header_.pid_namespace = info.st_ino;
    header_.pid = DeadPid();
  }

  std::string Path(const std::string& name) const { return directory_ / name; }

  // A recording as `header` says, last written `age` seconds ago.
  void Write(const std::string& name, const recording::Header& header, int age = 0) {
    std::ofstream(Path(name)).write(reinterpret_cast<const char*>(&header), sizeof(header));
    fs::resize_file(Path(name), kFileSize);
    SetAge(name, age);
  }
  void SetAge(const std::string& name, int age) {
    fs::last_write_time(Path(name), fs::file_time_type::clock::now() - std::chrono::seconds(age));
  }

  void Prune(uint64_t keep, uint64_t keep_bytes = kUnlimited) {
    PruneRecordings(directory_.path().c_str(), keep, keep_bytes);
  }

  Names Left() const {
    Names names;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  testing::TemporaryDirectory directory_;
  recording::Header header_{};
};

TEST_F(RecordingDirectoryTest, KeepsTheNewest) {
  for (int i : {4, 1, 5, 2, 3}) Write(NameOf(i), header_, 100 * i);
  Prune(5);
  EXPECT_EQ(Left().size(), 5u);
  Prune(2);
  EXPECT_EQ(Left(), (Names{NameOf(1), NameOf(2)}));
  Prune(0);
  EXPECT_EQ(Left(), Names{});
}

TEST_F(RecordingDirectoryTest, KeepsWithinTheBytes) {
  for (int i = 1; i <= 5; ++i) Write(NameOf(i), header_, 100 * i);
  Prune(5, 3 * kFileSize);
  EXPECT_EQ(Left(), (Names{NameOf(1), NameOf(2), NameOf(3)}));
  Prune(5, 2 * kFileSize - 1);
  EXPECT_EQ(Left(), Names{NameOf(1)});
}

TEST_F(RecordingDirectoryTest, LiveProcessesKeepTheirFiles) {
  header_.pid = static_cast<uint32_t>(getpid());
  for (int i = 1; i <= 3; ++i) Write(NameOf(i), header_, 100 * i);
  Prune(0);
  EXPECT_EQ(Left().size(), 3u);
}

// The same pid, but of the time before a reboot.
TEST_F(RecordingDirectoryTest, NobodyOutlivesAReboot) {
  header_.pid = static_cast<uint32_t>(getpid());
  header_.boot_id[0] = header_.boot_id[0] == '0' ? '1' : '0';
  Write(NameOf(1), header_);
  Prune(0);
  EXPECT_EQ(Left(), Names{});
}

// A pid there means nothing here.
TEST_F(RecordingDirectoryTest, OtherPidNamespacesKeepTheirFiles) {
  ++header_.pid_namespace;
  Write(NameOf(1), header_);
  Prune(0);
  EXPECT_EQ(Left().size(), 1u);
}

TEST_F(RecordingDirectoryTest, FilesOfOtherNamesStay) {
  const Names names = {
      "notes.txt",
      "server.1.2.0123456789abcde",    // 15 digits
      "server.1.2.0123456789abcdef0",  // 17
      "server.1.2.0123456789ABCDEF",
      "server.1.2.0123456789abcdeg",
      "server.1.0123456789abcdef",
      "0123456789abcdef",
      "server.1.2.0123456789abcdef.seep",
      std::string(150, 'x') + ".1.2.0123456789abcdef",
  };
  for (const std::string& name : names) Write(name, header_);
  Prune(0);
  EXPECT_EQ(Left(), names);
}

TEST_F(RecordingDirectoryTest, WhatIsNoRecordingStays) {
  recording::Header unfinished = header_;
  memset(unfinished.magic, 0, sizeof(unfinished.magic));
  Write(NameOf(1), unfinished);
  std::ofstream(Path(NameOf(2))) << "SEEPREC\n and then nothing";
  std::ofstream(Path(NameOf(3)));
  fs::create_directory(Path(NameOf(4)));
  ASSERT_EQ(mkfifo(Path(NameOf(5)).c_str(), 0600), 0);
  Prune(0);
  EXPECT_EQ(Left(), (Names{NameOf(1), NameOf(2), NameOf(3), NameOf(4), NameOf(5)}));
}

TEST_F(RecordingDirectoryTest, LinksAreNotFollowed) {
  testing::TemporaryDirectory elsewhere;
  Write(NameOf(1), header_);
  fs::rename(Path(NameOf(1)), elsewhere / NameOf(1));
  fs::create_symlink(elsewhere / NameOf(1), Path(NameOf(2)));
  Prune(0);
  EXPECT_EQ(Left(), Names{NameOf(2)});
  EXPECT_TRUE(fs::exists(elsewhere / NameOf(1)));
}

TEST_F(RecordingDirectoryTest, OtherUsersFilesStay) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make some";
  Write(NameOf(1), header_);
  ASSERT_EQ(chown(Path(NameOf(1)).c_str(), 12345, 12345), 0);
  Prune(0);
  EXPECT_EQ(Left().size(), 1u);
}

// Too many for one look: none of the newest goes, and a few looks are enough.
TEST_F(RecordingDirectoryTest, CrowdIsThinnedInSteps) {
  Names newest;
  for (int i = 1; i <= 600; ++i) {
    Write(NameOf(i), header_, 10 * i);
    if (i <= 4) newest.insert(NameOf(i));
  }
  for (size_t before = 601; Left().size() < before;) {
    before = Left().size();
    Prune(4);
    Names left = Left();
    EXPECT_TRUE(std::ranges::includes(left, newest));
  }
  EXPECT_EQ(Left(), newest);
}

TEST_F(RecordingDirectoryTest, NoDirectoryIsNoTrouble) {
  PruneRecordings(Path("nowhere").c_str(), 0, 0);
  Write(NameOf(1), header_);
  PruneRecordings(Path(NameOf(1)).c_str(), 0, 0);
  EXPECT_EQ(Left().size(), 1u);
}

}  // namespace
}  // namespace seep::profiler
