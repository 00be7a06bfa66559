// A reader in another process never takes for one sample what was written of two, neither while the
// program works nor when it has been killed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <map>
#include <string>
#include <thread>

#include "heap/recording.h"
#include "tests/heap/temporary_directory.h"
#include "tests/profiler/busy_program.h"

namespace seep::profiler {
namespace {

// What one look at the recording found.
struct Findings {
  uint64_t live = 0;
  uint64_t with_class = 0;
  uint64_t thinned = 0;
  uint64_t torn = 0;
};

class SlotChecker {
 public:
  explicit SlotChecker(const Recording& recording) : recording_(recording) {}

  Findings Check(const RecordTable<recording::LiveSlot>& slots) {
    Findings found;
    for (uint32_t i = 0; i < slots.size(); ++i) {
      recording::LiveSlot slot = slots[i];
      if (slot.address == 0) continue;
      ++found.live;
      found.with_class += slot.klass != 0;
      found.thinned += slot.thinnings != 0;
      found.torn += !IsOfOneSample(slot);
    }
    return found;
  }

  bool IsOfOneSample(const recording::LiveSlot& slot) {
    uint64_t k = (slot.size - 64) / 8;
    if (slot.size != BusySize(k) || k >= kBusyKinds) return false;
    if (std::ldexp(slot.exposure, slot.thinnings) != BusyExposure(k)) return false;
    recording::LabelRecord label = recording_.labels[slot.label];
    recording::LabelRecord outer = recording_.labels[label.parent];
    if (Text(label.key) != "k" || Text(label.value) != std::to_string(k)) return false;
    if (Text(outer.key) != "thread") return false;
    uint64_t thread = std::stoul(Text(outer.value));
    if (!Follows(threads_, slot.thread, thread)) return false;
    if (!Follows(arenas_, slot.address / kBusyArena, thread)) return false;
    if (!Follows(stacks_, slot.stack, k % 4)) return false;
    if (slot.klass == 0) return true;
    std::string kind = "KindILi" + std::to_string(k % 8) + "EE";
    return slot.class_word == 0 &&
           Text(recording_.classes[slot.klass].name).find(kind) != std::string::npos;
  }

 private:
  std::string Text(recording::StringRef ref) const {
    return {reinterpret_cast<const char*>(recording_.strings.data()) + ref.offset, ref.length};
  }

  // All samples that have `cause` have one and the same `effect`.
  static bool Follows(std::map<uint64_t, uint64_t>& seen, uint64_t cause, uint64_t effect) {
    return seen.emplace(cause, effect).first->second == effect;
  }

  const Recording& recording_;
  std::map<uint64_t, uint64_t> threads_, arenas_, stacks_;
};

class TornSlotsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = directory_ / "recording";
    child_ = fork();
    if (child_ == 0) RunBusyProgram(path_);
    while (!RecordingFile::Open(path_).ok()) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  void TearDown() override { Kill(); }

  void Kill() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = -1;
  }

  testing::TemporaryDirectory directory_;
  std::string path_;
  pid_t child_ = -1;
};

TEST_F(TornSlotsTest, NoneIsAcceptedFromARunningProgram) {
  Findings sum;
  int looks = 0;
  uint64_t given_up = 0;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  for (; std::chrono::steady_clock::now() < end; ++looks) {
    auto file = RecordingFile::Open(path_);
    ASSERT_TRUE(file.ok());
    auto recording = CopyRecording(*file);
    ASSERT_TRUE(recording.ok());
    Findings found = SlotChecker(*recording).Check(recording->slots);
    EXPECT_EQ(found.torn, 0u) << "of " << found.live << " in look " << looks;
    sum.live += found.live;
    sum.with_class += found.with_class;
    sum.thinned += found.thinned;
    given_up += recording->unfinished[recording::kSlots];
  }
  EXPECT_GT(sum.with_class, sum.live / 100);
  EXPECT_GT(sum.thinned, sum.live / 100);
  EXPECT_LE(given_up, static_cast<uint64_t>(looks) * kBusyThreads);
  printf("%d looks, %lu slots, %lu given up\n", looks, sum.live, given_up);
}

TEST_F(TornSlotsTest, AtMostOneAThreadIsLostToAKill) {
  Kill();
  auto file = RecordingFile::Open(path_);
  ASSERT_TRUE(file.ok());
  auto recording = CopyRecording(*file);
  ASSERT_TRUE(recording.ok());
  Findings found = SlotChecker(*recording).Check(recording->slots);
  EXPECT_GT(found.live, 10'000u);
  EXPECT_EQ(found.torn, 0u);
  EXPECT_LE(recording->unfinished[recording::kSlots], kBusyThreads);
}

// The checks above would notice: no first part of one sample goes with the rest of another.
TEST_F(TornSlotsTest, WouldBeNoticed) {
  Kill();
  auto file = RecordingFile::Open(path_);
  ASSERT_TRUE(file.ok());
  auto recording = CopyRecording(*file);
  ASSERT_TRUE(recording.ok());
  SlotChecker checker(*recording);
  ASSERT_EQ(checker.Check(recording->slots).torn, 0u);
  constexpr size_t kOffsetOfSerial = offsetof(recording::LiveSlot, serial);  // tied to nothing else
  uint64_t mixed = 0;
  for (uint32_t i = 0; i + 1 < recording->slots.size(); ++i) {
    recording::LiveSlot a = recording->slots[i], b = recording->slots[i + 1];
    if (a.address == 0 || b.address == 0 || a.thread == b.thread) continue;
    if (a.size / 8 % 4 == b.size / 8 % 4) continue;  // the same stack
    for (size_t cut = 8; cut < kOffsetOfSerial; cut += 8) {
      recording::LiveSlot mix = b;
      memcpy(&mix, &a, cut);
      ASSERT_FALSE(checker.IsOfOneSample(mix)) << cut;
      ++mixed;
    }
  }
  EXPECT_GT(mixed, 10'000u);
}

}  // namespace
}  // namespace seep::profiler
