#include "heap/recording_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "heap/process_identity.h"
#include "tests/heap/recording_fixture.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

class RecordingDirectoryTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, uint32_t pid, uint64_t created) {
    testing::RecordingFixture fixture;
    fixture.header().pid = pid;
    fixture.header().created.real_ns = created;
    testing::WriteBytes(directory_ / name, fixture.bytes());
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(RecordingDirectoryTest, NewestFirst) {
  Put("a", 1, 100);
  Put("b", 2, 300);
  Put("c", 1, 200);
  auto found = FindRecordings(directory_.path(), std::nullopt);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ((*found)[0].path, directory_ / "b");
  EXPECT_EQ((*found)[1].path, directory_ / "c");
  EXPECT_EQ((*found)[0].executable, "/usr/bin/proxy");
  EXPECT_FALSE((*found)[0].alive);
  auto of_one = FindRecordings(directory_.path(), 1);
  ASSERT_EQ(of_one->size(), 2u);
  EXPECT_EQ((*of_one)[0].created_real_ns, 200);
}

TEST_F(RecordingDirectoryTest, OtherFilesArePassedOver) {
  std::ofstream(directory_ / "text") << "hello";
  std::ofstream(directory_ / "empty");
  mkdir((directory_ / "subdirectory").c_str(), 0700);
  mkfifo((directory_ / "pipe").c_str(), 0600);
  Put("real", 1, 100);
  ASSERT_EQ(symlink("real", (directory_ / "link").c_str()), 0);
  auto found = FindRecordings(directory_.path(), std::nullopt);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), 1u);
}

TEST_F(RecordingDirectoryTest, DamagedOnesAreListedWithTheirProblem) {
  testing::RecordingFixture fixture;
  fixture.header().version = 99;
  testing::WriteBytes(directory_ / "newer", fixture.bytes());
  auto found = FindRecordings(directory_.path(), std::nullopt);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_NE((*found)[0].problem.find("version 99"), std::string::npos);
}

TEST_F(RecordingDirectoryTest, SaysWhichProcessStillLives) {
  ProcessIdentity self = *ReadProcessIdentity(static_cast<uint32_t>(getpid()));
  testing::RecordingFixture fixture;
  std::strcpy(fixture.header().boot_id, ReadBootId()->c_str());
  fixture.header().pid = self.pid_in_namespace;
  fixture.header().pid_namespace = *self.pid_namespace;
  fixture.header().start_ticks = self.start_ticks;
  testing::WriteBytes(directory_ / "live", fixture.bytes());
  EXPECT_TRUE((*FindRecordings(directory_.path(), std::nullopt))[0].alive);
}

TEST_F(RecordingDirectoryTest, NoSuchDirectory) {
  auto found = FindRecordings(directory_ / "none", std::nullopt);
  EXPECT_TRUE(absl::IsNotFound(found.status()));
  EXPECT_NE(found.status().message().find("none"), std::string::npos);
}

}  // namespace
}  // namespace seep
