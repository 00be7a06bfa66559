// Thousands of damaged recordings: each is read in part or refused with the file's name and the
// reason; none crashes the reader, and none makes it use memory beyond the file's own size times a
// small factor. Meant to be run under the sanitizers, too.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <random>

#include "heap/capture.h"
#include "heap/recorded_text.h"
#include "tests/heap/recording_fixture.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

using namespace recording;
using testing::kStarted;

// A recording with something in every table, that refers to everything.
testing::RecordingFixture MakeFull() {
  testing::RecordingFixture fixture;
  uint32_t module = fixture.AddModule("/usr/bin/proxy", 0x400000, 0x400000, 0x500000);
  uint32_t base = fixture.AddClass("4Base", 0, MakePosition(module, 0x900));
  uint32_t klass =
      fixture.AddClass("7Derived", MakePosition(module, 0x110), MakePosition(module, 0x950));
  auto& derived = fixture.At<ClassRecord>(kClasses, klass);
  derived.base_count = 1;
  derived.bases[0] = base;
  uint32_t outer = fixture.AddLabel("cluster", "a", 0);
  uint32_t inner = fixture.AddLabel("verb", "b", outer);
  for (uint32_t i = 0; i < 20; ++i) {
    uint32_t stack = fixture.AddStack({MakePosition(module, i), MakePosition(module, i + 1)});
    fixture.At<StackRecord>(kStacks, stack).births = {1, 2, 2, 96, 96, 96};
    LiveSlot& slot = fixture.AddSlot(0x1000 + 64 * i, 48, 0.5);
    slot.stack = stack;
    slot.klass = klass;
    slot.label = inner;
    DeathRecord& deaths = fixture.AddDeaths(stack, klass);
    deaths.totals = {1, 2, 2, 96, 96, 96};
  }
  for (uint32_t i = 1; i <= 8; ++i) {
    Pulse& pulse = fixture.AddPulse(i, kStarted + i);
    pulse.stack_count = 2;
    pulse.top[1].stack = i;
    fixture.AddResidency(i, kStarted + i).rss = 1 << 20;
  }
  fixture.At<Pulse>(kEvents, 0) = fixture.At<Pulse>(kPulses, 3);
  fixture.At<Interval>(kIntervals, 0) = {kStarted + 1, 2048, kIntervalApi, 1};
  fixture.At<recording::Notice>(kNotices, 0) = {
      .time_ns = kStarted, .kind = kNoticeMark, .ready = 1, .text = "begin"};
  return fixture;
}

class HostileRecordingTest : public ::testing::Test {
 protected:
  // Our own invariants hold whatever the input is: INTERNAL would be our bug.
  void Read(const std::vector<uint8_t>& bytes) {
    testing::WriteBytes(path_, bytes);
    auto captured = CaptureRecording(path_);
    ++variants_;
    if (captured.ok()) {
      ++accepted_;
      return;
    }
    ASSERT_FALSE(absl::IsInternal(captured.status())) << captured.status();
    ASSERT_NE(captured.status().message().find(path_), std::string::npos) << captured.status();
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "recording";
  std::vector<uint8_t> good_ = MakeFull().bytes();
  int variants_ = 0;
  int accepted_ = 0;
};

TEST_F(HostileRecordingTest, TheGoodOneIsReadWithoutLoss) {
  testing::WriteBytes(path_, good_);
  auto captured = CaptureRecording(path_);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ((*captured)->blocks.size(), 20u);
  EXPECT_TRUE((*captured)->dropped.empty());
}

TEST_F(HostileRecordingTest, EveryWordOfTheHeader) {
  const uint64_t values[] = {
      0,           1, 7, 64, 4096, 0x7fffffff, 0xffffffff, uint64_t{1} << 40, uint64_t{1} << 63,
      ~uint64_t{0}};
  for (size_t at = 0; at + 8 <= sizeof(Header); at += 4) {
    for (uint64_t value : values) {
      std::vector<uint8_t> bytes = good_;
      std::memcpy(bytes.data() + at, &value, at % 8 == 0 ? 8 : 4);
      Read(bytes);
    }
    // The counters need no more of this.
    if (at == offsetof(Header, counters) + 64) at = offsetof(Header, boot_id) - 8;
  }
  EXPECT_GT(variants_, 2000);
  EXPECT_GT(accepted_, variants_ / 2) << "most words of the header are facts";
}

TEST_F(HostileRecordingTest, RandomBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> bytes = good_;
    for (auto flips = 1 + random() % 40; flips > 0; --flips) {
      // Past the header mostly, whose damage ends the reading early.
      size_t at = random() % 8 == 0 ? random() % 4096 : 4096 + random() % (bytes.size() - 4096);
      bytes[at] = static_cast<uint8_t>(random());
    }
    ASSERT_NO_FATAL_FAILURE(Read(bytes));
  }
  EXPECT_GT(accepted_, 1000);
}

TEST_F(HostileRecordingTest, RandomWordsInRecords) {
  std::mt19937_64 random(2);
  const Header header = MakeFull().header();
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes = good_;
    for (int hits = 0; hits < 8; ++hits) {
      const Section& section = header.sections[random() % kSectionCount];
      uint64_t size = uint64_t{section.record_size} * section.capacity;
      uint64_t value = random() % 3 == 0 ? ~uint64_t{0} : random() >> (random() % 64);
      std::memcpy(bytes.data() + section.offset + (random() % (size - 7) & ~uint64_t{3}), &value,
                  random() % 2 == 0 ? 8 : 4);
    }
    ASSERT_NO_FATAL_FAILURE(Read(bytes));
  }
  EXPECT_EQ(accepted_, variants_) << "damaged records are left out, the others are read";
}

TEST_F(HostileRecordingTest, CutAnywhere) {
  for (size_t size = 0; size < good_.size(); size += size < 4096 ? 64 : 512) {
    ASSERT_NO_FATAL_FAILURE(Read({good_.begin(), good_.begin() + static_cast<ptrdiff_t>(size)}));
  }
  EXPECT_EQ(accepted_, 0);
}

TEST_F(HostileRecordingTest, SharedStringsDoNotMultiply) {
  // 100,000 labels that all are the same 4 MiB.
  constexpr uint32_t kLabelCount = 100'000;
  constexpr uint32_t kText = 4 << 20;
  testing::RecordingFixture fixture;
  std::vector<uint8_t>& bytes = fixture.bytes();
  uint64_t labels_at = bytes.size();
  uint64_t strings_at = labels_at + uint64_t{kLabelCount} * sizeof(LabelRecord);
  strings_at = (strings_at + 63) & ~uint64_t{63};
  bytes.resize(strings_at + kText, 'x');
  fixture.header().sections[kLabels] = {labels_at, sizeof(LabelRecord), kLabelCount, kLabelCount};
  fixture.header().sections[kStrings] = {strings_at, 1, kText, kText};
  for (uint32_t i = 0; i < kLabelCount; ++i) {
    fixture.At<LabelRecord>(kLabels, i) = {{0, kText}, {0, kText}, 0, 1};
  }
  testing::WriteBytes(path_, bytes);
  auto captured = CaptureRecording(path_);
  ASSERT_TRUE(captured.ok()) << captured.status();
  size_t total = 0;
  for (const Label& label : (*captured)->labels) total += label.key.size() + label.value.size();
  EXPECT_LE(total, 64u << 20);
  EXPECT_LE((*captured)->labels[0].key.size(), RecordedText::kMaxLength);
}

TEST_F(HostileRecordingTest, SharedFramesDoNotMultiply) {
  // 50,000 stacks, each with (nearly) the same 60,000 frames.
  constexpr uint32_t kStackCount = 50'000;
  constexpr uint32_t kFrameCount = 110'000;
  testing::RecordingFixture fixture;
  std::vector<uint8_t>& bytes = fixture.bytes();
  uint64_t stacks_at = bytes.size();
  uint64_t frames_at = stacks_at + uint64_t{kStackCount} * sizeof(StackRecord);
  frames_at = (frames_at + 63) & ~uint64_t{63};
  bytes.resize(frames_at + uint64_t{kFrameCount} * sizeof(Position));
  fixture.header().sections[kStacks] = {stacks_at, sizeof(StackRecord), kStackCount, kStackCount};
  fixture.header().sections[kFrames] = {frames_at, sizeof(Position), kFrameCount, kFrameCount};
  for (uint32_t i = 0; i < kFrameCount; ++i) fixture.At<Position>(kFrames, i) = i + 1;
  for (uint32_t i = 1; i < kStackCount; ++i) {
    auto& record = fixture.At<StackRecord>(kStacks, i);
    record.first_frame = i;
    record.frame_count = 60'000;
    record.ready = 1;
  }
  testing::WriteBytes(path_, bytes);
  auto captured = CaptureRecording(path_);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_LE((*captured)->stacks.size(), kFrameCount + 1);
}

}  // namespace
}  // namespace seep
