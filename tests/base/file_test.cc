#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace seep {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = (fs::temp_directory_path() / "seep-test-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~FileTest() override { fs::remove_all(directory_); }
  std::string Path(const std::string& name) const { return (directory_ / name).string(); }

  fs::path directory_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  std::string contents = std::string("null\0inside", 11) + std::string(200'000, 'x');
  ASSERT_TRUE(WriteFile(Path("a"), contents).ok());
  EXPECT_EQ(ReadFile(Path("a")).value(), contents);
}

TEST_F(FileTest, ReadsFilesThatDoNotKnowTheirSize) {
  absl::StatusOr<std::string> status = ReadFile("/proc/self/status");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(*status, HasSubstr("VmRSS"));
}

TEST_F(FileTest, StopsAtTheLimit) {
  ASSERT_TRUE(WriteFile(Path("a"), std::string(100, 'x')).ok());
  EXPECT_TRUE(ReadFile(Path("a"), 100).ok());
  absl::Status status = ReadFile(Path("a"), 99).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr(Path("a")));
  EXPECT_EQ(ReadFile("/dev/zero", 1000).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTest, ReadsTheHead) {
  ASSERT_TRUE(WriteFile(Path("a"), "abcdef").ok());
  EXPECT_EQ(ReadHead(Path("a"), 3).value(), "abc");
  EXPECT_EQ(ReadHead(Path("a"), 100).value(), "abcdef");
  EXPECT_EQ(ReadHead("/dev/zero", 4).value(), std::string(4, '\0'));
  EXPECT_EQ(ReadHead(Path("no"), 3).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, NamesTheMissingFile) {
  for (const absl::Status& status :
       {ReadFile(Path("no")).status(), MappedFile::Open(Path("no")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr(Path("no")));
  }
}

TEST_F(FileTest, ReplacesAFileAsAWhole) {
  ASSERT_TRUE(WriteFile(Path("a"), "old").ok());
  UniqueFd reader(open(Path("a").c_str(), O_RDONLY));
  ASSERT_TRUE(WriteFile(Path("a"), "new").ok());
  char old[3];
  EXPECT_EQ(read(reader.get(), old, 3), 3);
  EXPECT_EQ(std::string(old, 3), "old");
  EXPECT_EQ(ReadFile(Path("a")).value(), "new");
}

TEST_F(FileTest, LeavesNothingBehindWhenItCannotWrite) {
  fs::create_directory(Path("taken"));
  EXPECT_FALSE(WriteFile(Path("taken"), "x").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
  EXPECT_EQ(WriteFile(Path("no/such/directory"), "x").code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, MapsAFile) {
  ASSERT_TRUE(WriteFile(Path("a"), "bytes").ok());
  absl::StatusOr<MappedFile> file = MappedFile::Open(Path("a"));
  ASSERT_TRUE(file.ok()) << file.status();
  MappedFile moved = *std::move(file);
  EXPECT_EQ(moved.path(), Path("a"));
  EXPECT_EQ(std::string(moved.bytes().begin(), moved.bytes().end()), "bytes");
  MappedFile other = MappedFile::Open(Path("a")).value();
  other = std::move(moved);
  EXPECT_EQ(other.bytes().size(), 5u);
}

TEST_F(FileTest, MapsAnEmptyFile) {
  ASSERT_TRUE(WriteFile(Path("a"), "").ok());
  absl::StatusOr<MappedFile> file = MappedFile::Open(Path("a"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(FileTest, MapsNothingButFiles) {
  EXPECT_EQ(MappedFile::Open(directory_.string()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(UniqueFdTest, ClosesOnce) {
  int number;
  {
    UniqueFd fd(open("/dev/null", O_RDONLY));
    ASSERT_TRUE(fd.ok());
    number = fd.get();
    UniqueFd moved = std::move(fd);
    EXPECT_EQ(moved.get(), number);
    EXPECT_NE(fcntl(number, F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_FALSE(UniqueFd().ok());
}

absl::StatusOr<int> Twice(absl::StatusOr<int> number) {
  SEEP_ASSIGN_OR_RETURN(int value, number);
  SEEP_RETURN_IF_ERROR(value < 0 ? absl::OutOfRangeError("negative") : absl::OkStatus());
  return 2 * value;
}

TEST(StatusMacrosTest, ReturnTheFirstError) {
  EXPECT_EQ(Twice(21).value(), 42);
  EXPECT_EQ(Twice(-1).status(), absl::OutOfRangeError("negative"));
  EXPECT_EQ(Twice(absl::DataLossError("torn")).status(), absl::DataLossError("torn"));
}

}  // namespace
}  // namespace seep
