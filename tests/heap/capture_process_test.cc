// Captures of a live process that writes a recording: tests/heap/programs/prepared.cc.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "heap/capture.h"
#include "tests/heap/child_process.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

class CaptureProcessTest : public ::testing::Test {
 protected:
  CaptureProcessTest()
      : path_(directory_ / "recording"), child_(PROGRAMS "heap_prepared", {path_}) {}

  // The block that the program printed as that slot.
  static const Block* BlockOf(const Snapshot& snapshot, const std::string& line) {
    std::istringstream words(line);
    std::string kind;
    std::string slot;
    std::string address;
    words >> kind >> slot >> address;
    for (const Block& block : snapshot.blocks) {
      if (block.address.value() == std::stoull(address, nullptr, 16)) return &block;
    }
    return nullptr;
  }

  static uint64_t DroppedCount(const Snapshot& snapshot, const std::string& why) {
    uint64_t count = 0;
    for (const Dropped& row : snapshot.dropped) {
      if (row.why.find(why) != std::string::npos) count += row.count;
    }
    return count;
  }

  static std::string NameOf(const Snapshot& snapshot, const Block& block) {
    return block.klass.is_none() ? "" : snapshot.classes[block.klass.index()].mangled;
  }

  testing::TemporaryDirectory directory_;
  std::string path_;
  testing::ChildProcess child_;
};

TEST_F(CaptureProcessTest, NamesUnstampedObjects) {
  ASSERT_TRUE(child_.ready());
  auto captured = CaptureProcess(child_.pid());
  ASSERT_TRUE(captured.ok()) << captured.status();
  const Snapshot& snapshot = **captured;
  EXPECT_EQ(snapshot.blocks.size(), 5u);
  for (const std::string& line : child_.lines()) {
    std::istringstream words(line);
    std::string kind, slot, address, name;
    uint32_t offset = 0;
    words >> kind >> slot >> address >> name >> offset;
    const Block* block = BlockOf(snapshot, line);
    ASSERT_NE(block, nullptr) << line;
    EXPECT_EQ(NameOf(snapshot, *block), name.substr(name[0] == '*')) << line;
    EXPECT_EQ(block->class_offset, offset) << line;
    EXPECT_EQ(block->probability, 1) << "1 − e^−50";
  }
  EXPECT_TRUE(snapshot.dropped.empty()) << snapshot.dropped[0].what << snapshot.dropped[0].why;
}

TEST_F(CaptureProcessTest, ClassesHavePositionsAndBases) {
  auto captured = CaptureProcess(child_.pid());
  ASSERT_TRUE(captured.ok()) << captured.status();
  const Snapshot& snapshot = **captured;
  bool found = false;
  for (const Class& klass : snapshot.classes) {
    if (klass.mangled.find("11LockedOrder") == std::string::npos) continue;
    found = true;
    ASSERT_FALSE(klass.vtable.module.is_none());
    const Module& module = snapshot.modules[klass.vtable.module.index()];
    EXPECT_EQ(module.path, PROGRAMS "heap_prepared");
    EXPECT_LT(klass.vtable.offset, module.range.size());
    ASSERT_EQ(klass.bases.size(), 2u);
    EXPECT_EQ(klass.bases[1].offset, 16);
  }
  EXPECT_TRUE(found);
}

TEST_F(CaptureProcessTest, FactsOfTheProcess) {
  auto captured = CaptureProcess(child_.pid());
  ASSERT_TRUE(captured.ok()) << captured.status();
  const ProcessFacts& facts = (*captured)->process;
  EXPECT_TRUE(facts.alive);
  EXPECT_EQ(facts.pid, child_.pid());
  EXPECT_GT(facts.captured_at, 0);
  EXPECT_LT(facts.captured_at, int64_t{300} * 1'000'000'000);
  ASSERT_TRUE(facts.rss.has_value());
  double resident = 0;
  for (const AccountingRow& row : (*captured)->accounting) resident += row.resident.value_or(0);
  EXPECT_EQ(resident, static_cast<double>(*facts.rss));
}

TEST_F(CaptureProcessTest, TheFileAndTheProcessTellTheSame) {
  auto by_pid = CaptureProcess(child_.pid());
  auto by_path = CaptureRecording(path_);
  ASSERT_TRUE(by_pid.ok() && by_path.ok()) << by_path.status();
  EXPECT_EQ((*by_pid)->blocks, (*by_path)->blocks);
  EXPECT_EQ((*by_pid)->classes, (*by_path)->classes);
  EXPECT_TRUE((*by_path)->process.alive);
}

TEST_F(CaptureProcessTest, WorksWhenTheFileIsGone) {
  child_.Ask("unlink");
  auto captured = CaptureProcess(child_.pid());
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ((*captured)->blocks.size(), 5u);
  EXPECT_TRUE(absl::IsNotFound(CaptureRecording(path_).status()));
}

TEST_F(CaptureProcessTest, FollowsTheLiveSlots) {
  child_.Ask("forget 0");
  child_.Ask("reuse 1");
  auto captured = CaptureProcess(child_.pid());
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ((*captured)->blocks.size(), 4u);
  EXPECT_EQ(BlockOf(**captured, child_.lines()[0]), nullptr);
  const Block* reused = BlockOf(**captured, child_.lines()[1]);
  ASSERT_NE(reused, nullptr);
  EXPECT_TRUE(reused->klass.is_none());
}

TEST_F(CaptureProcessTest, AKilledProcessLeavesItsRecording) {
  for (const char* state : {"zombie", "gone"}) {
    if (state == std::string("zombie")) {
      child_.KillWithoutReaping();
    } else {
      child_.Reap();
    }
    auto captured = CaptureRecording(path_);
    ASSERT_TRUE(captured.ok()) << captured.status();
    EXPECT_FALSE((*captured)->process.alive) << state;
    EXPECT_EQ((*captured)->blocks.size(), 5u);
    EXPECT_EQ((*captured)->process.rss, std::nullopt);
    EXPECT_EQ(DroppedCount(**captured, "not looked at yet"), 5u);
  }
}

TEST_F(CaptureProcessTest, AChildIsNotItsParent) {
  auto child = static_cast<uint32_t>(std::stoul(child_.Ask("fork")));
  auto captured = CaptureProcess(child);
  EXPECT_TRUE(absl::IsNotFound(captured.status())) << captured.status();
  EXPECT_NE(captured.status().message().find("its parent's (pid " + std::to_string(child_.pid())),
            std::string::npos)
      << captured.status();
  testing::KillOne(static_cast<pid_t>(child));
}

// exec keeps the pid and its start time, but the addresses now mean something else.
TEST_F(CaptureProcessTest, AProgramThatWasReplacedIsDead) {
  std::thread asking([this] { child_.Ask("exec"); });
  std::string name;
  while (name != "cat") {
    std::ifstream("/proc/" + std::to_string(child_.pid()) + "/comm") >> name;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  auto captured = CaptureRecording(path_);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_FALSE((*captured)->process.alive);
  EXPECT_EQ(DroppedCount(**captured, "not looked at yet"), 5u);
  EXPECT_TRUE(absl::IsNotFound(CaptureProcess(child_.pid()).status()));
  child_.KillWithoutReaping();
  asking.join();
}

// Between the copy of a slot and the look at its block, the block may have become another one, of
// the other class.
TEST(CaptureChurnTest, NoBlockGetsItsSuccessorsClass) {
  testing::TemporaryDirectory directory;
  testing::ChildProcess child(PROGRAMS "heap_churning", {directory / "recording"});
  ASSERT_TRUE(child.ready());
  uint64_t named = 0;
  uint64_t gone = 0;
  for (int round = 0; (named < 300 || gone < 30) && round < 20'000; ++round) {
    auto captured = CaptureProcess(child.pid());
    ASSERT_TRUE(captured.ok()) << captured.status();
    for (const Dropped& row : (*captured)->dropped) {
      if (row.why.find("freed while") != std::string::npos) gone += row.count;
    }
    for (const Block& block : (*captured)->blocks) {
      if (block.klass.is_none()) continue;
      const std::string& name = (*captured)->classes[block.klass.index()].mangled;
      ASSERT_NE(name.find(block.serial % 2 == 0 ? "4EvenE" : "3OddE"), std::string::npos) << name;
      ++named;
    }
  }
  EXPECT_GE(named, 300u);
  EXPECT_GE(gone, 30u) << "nothing was tested";
}

// In a pid namespace of its own the process is number 1, and its recording says so.
TEST(CaptureContainerTest, FindsTheProcessBehindItsOwnPid) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a namespace";
  testing::TemporaryDirectory directory;
  std::string path = directory / "recording";
  // By hand what --mount-proc does: in a chroot, / is no mount whose propagation it could change.
  testing::ChildProcess child(
      "/usr/bin/unshare",
      {"-mpf", "--propagation", "unchanged", "--kill-child", "/bin/sh", "-c",
       "mount --make-rslave /proc && mount -t proc proc /proc && exec \"$0\" \"$@\"",
       PROGRAMS "heap_prepared", path});
  ASSERT_TRUE(child.ready());
  auto captured = CaptureRecording(path);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_TRUE((*captured)->process.alive);
  EXPECT_EQ((*captured)->process.pid, 1);
  EXPECT_TRUE((*captured)->dropped.empty());

  uint32_t inner = 0;
  std::string pid = std::to_string(child.pid());
  std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> inner;
  auto by_pid = CaptureProcess(inner);
  ASSERT_TRUE(by_pid.ok()) << by_pid.status();
  EXPECT_EQ((*by_pid)->blocks, (*captured)->blocks);
}

// map_files is for the privileged; the process's own user goes by the file's name.
TEST(CaptureUnprivilegedTest, TheSameUserNeedsNoPrivilege) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  testing::TemporaryDirectory directory;
  ASSERT_EQ(chown(directory.path().c_str(), 65534, 65534), 0);
  pid_t user = fork();
  ASSERT_GE(user, 0);
  if (user == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
    prctl(PR_SET_DUMPABLE, 1);  // as a program that was started by this user is
    testing::ChildProcess child(PROGRAMS "heap_prepared", {directory / "recording"});
    auto captured = CaptureProcess(child.pid());
    std::cerr << captured.status() << "\n";
    bool whole = captured.ok() && (*captured)->blocks.size() == 5 && (*captured)->dropped.empty();
    _exit(whole ? 0 : 1);
  }
  int result = 0;
  waitpid(user, &result, 0);
  EXPECT_EQ(result, 0);
}

TEST(CaptureUnpreparedTest, SaysHowToPrepareIt) {
  auto captured = CaptureProcess(static_cast<uint32_t>(getpid()));
  EXPECT_TRUE(absl::IsNotFound(captured.status()));
  for (const char* word : {"seep run", "LD_PRELOAD=libseep.so"}) {
    EXPECT_NE(captured.status().message().find(word), std::string::npos) << captured.status();
  }
  EXPECT_TRUE(absl::IsNotFound(CaptureProcess(0x7ffffff0).status()));
}

}  // namespace
}  // namespace seep
