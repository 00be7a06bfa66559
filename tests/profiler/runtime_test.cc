// The recording's header follows what happens, and the control word is obeyed.
#include "profiler/runtime.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "profiler/mirror.h"
#include "profiler/runtime_state.h"
#include "tests/heap/temporary_directory.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/recorded.h"

namespace seep::profiler {
namespace {

class RuntimeTest : public ::testing::Test {
 protected:
  void Start(const std::string& options) {
    StartUp((options + ":output=" + directory_.path()).c_str(), free, false);
  }

  // One drawn allocation, all the way.
  void Sample() {
    EndLeg(64);
    Record(malloc(64), 64);
  }

  // As an observer outside does.
  void WriteControl(uint64_t interval, uint32_t sequence) {
    auto& control = MirrorHeader()->control;
    control.interval = interval;
    std::atomic_ref<uint32_t>(control.sequence).store(sequence);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(RuntimeTest, RecordingAppearsWithTheFirstSample) {
  InChild([&] {
    Start("sample=4KiB");
    EXPECT_STREQ(seep_anchor.path, "");
    Sample();
    Recording recording = Read();
    EXPECT_EQ(recording.header.status, recording::Status::kRecording);
    EXPECT_EQ(recording.header.interval, 4096u);
    EXPECT_EQ(recording.header.initial_interval, 4096u);
    EXPECT_EQ(recording.header.pid, static_cast<uint32_t>(getpid()));
    EXPECT_EQ(seep_anchor.length, recording.header.file_size);
    EXPECT_EQ(seep_anchor.random, recording.header.random);
  });
}

TEST_F(RuntimeTest, CountsItsThreads) {
  InChild([&] {
    Start("sample=4KiB");
    Sample();
    EXPECT_EQ(Read().header.threads, 1u);
    std::thread([&] { Sample(); }).join();
    EXPECT_EQ(Read().header.threads, 2u);
  });
}

TEST_F(RuntimeTest, PausesAndResumes) {
  InChild([&] {
    Start("sample=4KiB");
    Sample();
    Pause();
    Recording paused = Read();
    EXPECT_EQ(paused.header.interval, 0u);
    EXPECT_EQ(paused.header.status, recording::Status::kStopped);
    EXPECT_EQ(Resume(), 0);
    Recording resumed = Read();
    EXPECT_EQ(resumed.header.interval, 4096u);
    EXPECT_EQ(resumed.header.status, recording::Status::kRecording);
    EXPECT_EQ(resumed.intervals[0].interval, 4096u);
    EXPECT_EQ(resumed.intervals[1].interval, 0u);
    EXPECT_EQ(resumed.intervals[2].interval, 4096u);
    EXPECT_EQ(resumed.intervals[2].cause, recording::kIntervalApi);
  });
}

TEST_F(RuntimeTest, ObeysTheControlWord) {
  InChild([&] {
    Start("sample=4KiB");
    Sample();
    WriteControl(8192, 1);
    Sample();
    EXPECT_EQ(CurrentInterval(), 8192u);
    WriteControl(1 << 20, 1);  // the same sequence: nothing new
    Sample();
    EXPECT_EQ(CurrentInterval(), 8192u);
    WriteControl((uint64_t{1} << 40) + 1, 2);  // nonsense
    Sample();
    EXPECT_EQ(CurrentInterval(), 8192u);
    WriteControl(0, 3);
    Sample();
    EXPECT_EQ(CurrentInterval(), 0u);
  });
}

// A child's file has a control word of its own, which nobody has written.
TEST_F(RuntimeTest, ChildGoesOnAtItsParentsInterval) {
  InChild([&] {
    Start("sample=4KiB");
    Sample();
    WriteControl(8192, 1);
    Sample();
    InChild([&] {
      for (int i = 0; i < 3; ++i) Sample();
      EXPECT_EQ(CurrentInterval(), 8192u);
      EXPECT_EQ(Read().header.interval, 8192u);
    });
  });
}

TEST_F(RuntimeTest, ChildKeepsOutOfItsParentsRecording) {
  InChild([&] {
    Start("sample=4KiB");
    void* block = malloc(64);
    Record(block, 64);
    std::string parents = seep_anchor.path;
    InChild([&] {
      Pause();
      Mark("child");
      ReleaseForFree(block);
      ShutDown();
    });
    Recording recording = Read(parents.c_str());
    EXPECT_EQ(recording.header.status, recording::Status::kRecording);
    EXPECT_EQ(recording.header.interval, 4096u);
    EXPECT_EQ(recording.header.counters[recording::kDeathsSeen], 0u);
    EXPECT_FALSE(recording.notices[0].ready);
  });
}

TEST_F(RuntimeTest, ChildRecordsWhatItInherits) {
  InChild([&] {
    Start("sample=4KiB");
    void* block = malloc(64);
    Record(block, 64);
    uint64_t parents_random = Read().header.random;
    InChild([&] {
      Sample();
      Recording recording = Read();
      EXPECT_EQ(recording.header.parent_random, parents_random);
      EXPECT_NE(recording.header.random, parents_random);
      EXPECT_EQ(recording.header.fork_generation, 1u);
      EXPECT_EQ(recording.header.pid, static_cast<uint32_t>(getpid()));
      uint32_t inherited = 0, own = 0;
      for (uint32_t i = 0; i < recording.slots.size(); ++i) {
        if (recording.slots[i].address == 0) continue;
        ++(recording.slots[i].flags & recording::kSlotInherited ? inherited : own);
      }
      EXPECT_EQ(inherited, 1u);
      EXPECT_EQ(own, 1u);
      EXPECT_EQ(recording.header.counters[recording::kSamples], 1u);
    });
  });
}

TEST_F(RuntimeTest, GivesUpWhereItCannotRecord) {
  InChild([&] {
    StartUp("sample=4KiB:output=/proc/self/no/such/place", free, false);
    Sample();
    EXPECT_EQ(CurrentInterval(), 0u);
    EXPECT_EQ(seep_anchor.status, recording::Status::kNoFile);
    EXPECT_EQ(seep_anchor.mapping, 0u);
  });
}

}  // namespace
}  // namespace seep::profiler
