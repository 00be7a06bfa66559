#include "heap/recording_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/heap/recording_fixture.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

class RecordingFileTest : public ::testing::Test {
 protected:
  absl::Status Open() {
    testing::WriteBytes(path_, fixture_.bytes());
    return RecordingFile::Open(path_).status();
  }
  // The error names the file, and what is wrong with it.
  void ExpectInvalid(const std::string& what) {
    absl::Status status = Open();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_NE(status.message().find(path_), std::string::npos) << status;
    EXPECT_NE(status.message().find(what), std::string::npos) << status;
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "some recording";
  testing::RecordingFixture fixture_;
};

TEST_F(RecordingFileTest, OpensAWholeOne) {
  ASSERT_TRUE(Open().ok());
  auto file = RecordingFile::Open(path_);
  EXPECT_EQ(file->name(), path_);
  EXPECT_EQ(file->size(), fixture_.bytes().size());
  EXPECT_EQ(file->header().pid, 4711);
}

TEST_F(RecordingFileTest, NotARecording) {
  EXPECT_TRUE(absl::IsNotFound(RecordingFile::Open(path_).status()));
  fixture_.header().magic[3] = 'x';
  ExpectInvalid("not a recording");
  fixture_.bytes() = {};
  ExpectInvalid("not a recording");
  EXPECT_FALSE(RecordingFile::Open(directory_.path()).ok());
  std::string pipe = directory_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(RecordingFile::Open(pipe).status()))
      << "and does not wait for a writer";
}

TEST_F(RecordingFileTest, NewerVersions) {
  fixture_.header().version = 7;
  absl::Status status = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.message().find("version 7"), std::string::npos) << status;
  fixture_.header().version = 0;
  ExpectInvalid("version 0");
}

TEST_F(RecordingFileTest, SectionsMustFit) {
  recording::Section& slots = fixture_.header().sections[recording::kSlots];
  recording::Section good = slots;
  slots.record_size = 56;
  ExpectInvalid("section slots: records of 56 bytes");
  slots.record_size = 68;
  ExpectInvalid("section slots: records of 68 bytes");
  slots = good;
  slots.offset += 8;
  ExpectInvalid("section slots: offset");
  slots = good;
  slots.offset = 64;
  ExpectInvalid("section slots");
  slots = good;
  slots.offset = ~uint64_t{63};
  ExpectInvalid("section slots");
  slots = good;
  slots.capacity = UINT32_MAX;
  slots.record_size = UINT32_MAX - 7;
  ExpectInvalid("section slots");
  slots = good;
  EXPECT_TRUE(Open().ok());
}

TEST_F(RecordingFileTest, SectionsMustNotOverlap) {
  for (auto& section : fixture_.header().sections) {
    section.offset = 4096;
    section.capacity = section.record_size == 0 ? 0 : 30'000 / section.record_size;
  }
  ExpectInvalid("overlap");
}

TEST_F(RecordingFileTest, SizesOfTheHeader) {
  fixture_.header().section_count = recording::kSectionCount - 1;
  ExpectInvalid("number of sections");
  fixture_.header().section_count = 21;
  ExpectInvalid("number of sections");
  fixture_.header().section_count = recording::kSectionCount;
  fixture_.header().header_size = 100;
  ExpectInvalid("header size");
  fixture_.header().header_size = 5000;
  ExpectInvalid("header size");
}

TEST_F(RecordingFileTest, CutShort) {
  fixture_.bytes().resize(fixture_.bytes().size() - 4096);
  ExpectInvalid("do not fit");
  fixture_.bytes().resize(100);
  ExpectInvalid("cut short");
}

TEST_F(RecordingFileTest, CutShortAfterItWasOpened) {
  ASSERT_TRUE(Open().ok());
  auto file = RecordingFile::Open(path_);
  ASSERT_EQ(truncate(path_.c_str(), 5000), 0);
  std::vector<uint8_t> bytes(4096);
  absl::Status status = file->Read(4096, bytes);
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_NE(status.message().find("offset 5000"), std::string::npos) << status;
}

TEST_F(RecordingFileTest, TerabytesOfZerosAreRefused) {
  ASSERT_TRUE(Open().ok());
  ASSERT_EQ(truncate(path_.c_str(), int64_t{1} << 40), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(RecordingFile::Open(path_).status()));
}

}  // namespace
}  // namespace seep
