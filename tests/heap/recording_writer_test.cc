// Copies of a recording while it is being written as fast as possible.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "heap/capture.h"
#include "heap/recording.h"
#include "tests/heap/recording_fixture.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

using namespace recording;

// Stores that the compiler may neither merge nor move.
template <typename T>
void Store(T& field, T value) {
  std::atomic_ref<T>(field).store(value, std::memory_order_relaxed);
}

template <typename Record>
class SequencedWrite {
 public:
  explicit SequencedWrite(Record& record) : sequence_(record.sequence) {
    sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  ~SequencedWrite() { sequence_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic_ref<uint32_t> sequence_;
};

class RecordingWriterTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kSlotCount = 2048;

  explicit RecordingWriterTest(testing::RecordingShape shape = {.slots = kSlotCount})
      : fixture_(shape) {
    testing::WriteBytes(path_, fixture_.bytes());
    int fd = open(path_.c_str(), O_RDWR);
    size_ = fixture_.bytes().size();
    mapped_ =
        static_cast<std::byte*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    close(fd);
  }
  ~RecordingWriterTest() override {
    stop_ = true;
    if (writer_.joinable()) writer_.join();
    munmap(mapped_, size_);
  }

  template <typename Record>
  Record& At(SectionId section, uint64_t index) {
    const Section& s = fixture_.header().sections[section];
    return *reinterpret_cast<Record*>(mapped_ + s.offset + index * s.record_size);
  }

  template <typename Writing>
  // A million writes a second at most: sample events cost about a microsecond, so no faster writer
  // exists, and one without any pause would leave a reader no moment between two writes.
  void StartWriting(Writing writing) {
    writer_ = std::thread([this, writing] {
      for (uint64_t n = 1; !stop_.load(std::memory_order_relaxed); ++n) {
        auto next = std::chrono::steady_clock::now() + std::chrono::microseconds(1);
        writing(n);
        while (std::chrono::steady_clock::now() < next) {
        }
      }
    });
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "recording";
  testing::RecordingFixture fixture_;
  size_t size_ = 0;
  std::byte* mapped_ = nullptr;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> rounds_ = 0;  // of the reader, where the writer waits for it
  std::thread writer_;
};

// Half of the writes go to eight slots, as a free list that works like a stack would have it.
TEST_F(RecordingWriterTest, NoCopiedSlotIsTorn) {
  StartWriting([this](uint64_t n) {
    uint64_t index = n % 2 == 0 ? n / 2 % 8 : n * 0x9E3779B97F4A7C15u >> 32;
    auto& slot = At<LiveSlot>(kSlots, index % kSlotCount);
    SequencedWrite write(slot);
    Store(slot.address, n % 3 == 0 ? 0 : n * 16);
    Store(slot.size, n * 3);
    Store(slot.exposure, static_cast<double>(n));
    Store(slot.birth_ns, n * 5);
    Store(slot.serial, n);
  });
  auto file = RecordingFile::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  uint64_t whole = 0;
  uint64_t unfinished = 0;
  uint64_t rounds = 0;
  for (; rounds < 200 || whole < 200u * kSlotCount / 2; ++rounds) {  // it needs time to fill them
    auto copy = CopyRecording(*file);
    ASSERT_TRUE(copy.ok()) << copy.status();
    unfinished += copy->unfinished[kSlots];
    for (uint32_t i = 0; i < copy->slots.size(); ++i) {
      LiveSlot slot = copy->slots[i];
      if (slot.sequence == 0 || slot.address == 0) continue;
      ++whole;
      ASSERT_EQ(slot.address, slot.serial * 16);
      ASSERT_EQ(slot.size, slot.serial * 3);
      ASSERT_EQ(slot.exposure, static_cast<double>(slot.serial));
      ASSERT_EQ(slot.birth_ns, slot.serial * 5);
    }
  }
  EXPECT_LE(unfinished, rounds) << "one thread writes: at most one slot a copy";
}

TEST_F(RecordingWriterTest, NoCopiedPulseIsTorn) {
  StartWriting([this](uint64_t n) {
    auto& pulse = At<Pulse>(kPulses, n % 8);
    SequencedWrite write(pulse);
    Store(pulse.number, n);
    Store(pulse.time_ns, n);
    Store(pulse.stack_count, kTopStacks);
    for (auto& share : pulse.top) Store(share.stack, static_cast<uint32_t>(n));
  });
  auto file = RecordingFile::Open(path_);
  ASSERT_TRUE(file.ok());
  uint64_t whole = 0;
  for (int round = 0; round < 100 || whole <= 400; ++round) {  // it needs time to fill them
    auto copy = CopyRecording(*file);
    ASSERT_TRUE(copy.ok());
    for (uint32_t i = 0; i < copy->pulses.size(); ++i) {
      Pulse pulse = copy->pulses[i];
      if (pulse.number == 0) continue;
      ++whole;
      ASSERT_EQ(pulse.time_ns, pulse.number);
      for (const auto& share : pulse.top)
        ASSERT_EQ(share.stack, static_cast<uint32_t>(pulse.number));
    }
  }
}

// What a copied record refers to is in the copy: new stacks appear, and slots use them at once.
class GrowingRecordingTest : public RecordingWriterTest {
 protected:
  static constexpr uint32_t kStackCount = 20'000;
  GrowingRecordingTest()
      : RecordingWriterTest({.slots = kSlotCount, .stacks = kStackCount, .frames = kStackCount}) {}
};

TEST_F(GrowingRecordingTest, NoCopiedReferenceDangles) {
  StartWriting([this](uint64_t n) {
    if (n >= kStackCount) return;
    auto next = std::chrono::steady_clock::now() + std::chrono::microseconds(5);
    while (std::chrono::steady_clock::now() < next) {
    }
    // On a slow machine, or under a sanitizer, the reader would see little of it.
    auto latest = next + std::chrono::seconds(1);
    while (n > (rounds_ + 1) * (kStackCount / 20) && std::chrono::steady_clock::now() < latest) {
      std::this_thread::yield();
    }
    auto stack = static_cast<uint32_t>(n);
    Store(At<Position>(kFrames, stack), MakePosition(0, stack * 16));
    auto& record = At<StackRecord>(kStacks, stack);
    Store(record.first_frame, stack);
    Store(record.frame_count, uint16_t{1});
    std::atomic_ref<uint32_t>(record.ready).store(1, std::memory_order_release);
    auto& slot = At<LiveSlot>(kSlots, n % kSlotCount);
    SequencedWrite write(slot);
    Store(slot.stack, stack);
    Store(slot.size, uint64_t{8});
    Store(slot.exposure, 1.0);
    Store(slot.address, n * 16);
  });
  uint64_t seen = 0;
  int rounds_while_writing = 0;
  for (; seen + 1 < kStackCount && rounds_ < 10'000; ++rounds_) {
    auto captured = CaptureRecording(path_);
    ASSERT_TRUE(captured.ok()) << captured.status();
    for (const Dropped& row : (*captured)->dropped) {
      ASSERT_EQ(row.why.find("damaged"), std::string::npos) << row.what << ": " << row.why;
    }
    for (const Block& block : (*captured)->blocks) {
      std::vector<CodeLocation> frames = (*captured)->stacks.Frames(block.stack);
      ASSERT_EQ(frames.size(), 1u);
      ASSERT_EQ(frames[0].offset, block.address.value());
      seen = std::max(seen, frames[0].offset / 16);
    }
    rounds_while_writing += seen > 0 && seen + 1 < kStackCount ? 1 : 0;
  }
  EXPECT_GT(rounds_while_writing, 3) << "nothing was tested: the writer was too fast";
}

}  // namespace
}  // namespace seep
