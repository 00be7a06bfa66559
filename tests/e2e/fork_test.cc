// A forked child has a recording of its own, with the blocks that it inherited, and never touches
// its parent's.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

pid_t PidAfter(const std::string& word, const std::string& line) {
  EXPECT_EQ(line.substr(0, word.size() + 1), word + " ") << line;
  return atoi(line.c_str() + std::min(line.size(), word.size()));
}

uint64_t LiveInherited(const Recording& recording) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < recording.slots.size(); ++i) {
    recording::LiveSlot slot = recording.slots[i];
    count += slot.address != 0 && (slot.flags & recording::kSlotInherited) != 0;
  }
  return count;
}

class Fork : public testing::TestWithParam<std::string> {};

TEST_P(Fork, ChildHasItsOwnRecording) {
  Scratch scratch;
  Process program(
      Profiled({Program("e2e_forks"), GetParam()}, "sample=1:output=" + scratch.path()));
  pid_t parent = PidAfter("parent", program.ReadLine());
  pid_t child = PidAfter("child", program.ReadLine());
  ASSERT_NE(child, parent);
  std::string parents = FindRecording(scratch.path(), parent);
  ASSERT_NE(parents, "");
  std::string before = Contents(parents);

  program.Send("act");
  ASSERT_EQ(PidAfter("acted", program.ReadLine()), child);
  EXPECT_TRUE(Contents(parents) == before) << "the child wrote into its parent's recording";

  std::string childs = FindRecording(scratch.path(), child);
  ASSERT_NE(childs, "");
  Snapshot of_child = CaptureOrFail(childs);
  EXPECT_EQ(SumOf(of_child, "by", "parent").objects.samples, 700u);
  EXPECT_EQ(SumOf(of_child, "by", "child").objects.samples, 200u);
  EXPECT_EQ(SumOf(of_child, "by", "parent again").objects.samples, 0u);
  for (const Block& block : of_child.blocks) {
    EXPECT_EQ(LabelOf(of_child, block, "by") == "child", block.birth >= 0);
  }
  Recording raw_child = CopyOrFail(childs);
  Recording raw_parent = CopyOrFail(parents);
  EXPECT_EQ(raw_child.header.parent_random, raw_parent.header.random);
  EXPECT_GE(raw_child.header.fork_generation, 1u);
  EXPECT_GE(LiveInherited(raw_child), 700u);
  EXPECT_EQ(LiveInherited(raw_parent), 0u);
  EXPECT_EQ(CounterOf(raw_child, recording::kInheritedDeaths), 300u);
  EXPECT_EQ(raw_parent.header.interval, 1u);
  EXPECT_EQ(raw_parent.header.status, recording::Status::kRecording);

  program.Send("end");
  ASSERT_EQ(PidAfter("ended", program.ReadLine()), parent);
  Snapshot of_parent = CaptureOrFail(parents);
  EXPECT_EQ(SumOf(of_parent, "by", "parent").objects.samples, 1000u);
  EXPECT_EQ(SumOf(of_parent, "by", "child").objects.samples, 0u);
  EXPECT_EQ(SumOf(of_parent, "by", "parent again").objects.samples, 50u);
  program.Send("end");
  EXPECT_EQ(program.Wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(Ways, Fork, testing::Values("fork", "_Fork", "clone", "daemon"),
                         [](const auto& way) {
                           return way.param == "_Fork" ? "Fork_without_handlers" : way.param;
                         });

TEST(ForkStorm, ChildrenOfAThreadedProgramLiveOn) {
  Scratch scratch;
  Outcome outcome = RunToEnd(
      Profiled({Program("e2e_fork_storm"), "60"}, "sample=1:keep=2:output=" + scratch.path()));
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  CaptureOrFail(FindRecording(scratch.path()));
}

// vfork and exec, as posix_spawn does: the parent's recording stays whole, and the new program has
// its own.
TEST(VforkExec, NewProgramHasItsOwnRecording) {
  Scratch scratch;
  Outcome outcome = RunToEnd(Profiled({Program("e2e_spawner"), "/bin/sh", "-c", "echo $$"},
                                      "sample=1:output=" + scratch.path()));
  ASSERT_EQ(outcome.code, 0);
  size_t lines = static_cast<size_t>(std::count(outcome.out.begin(), outcome.out.end(), '\n'));
  ASSERT_EQ(lines, 2u) << outcome.out;
  pid_t spawner = PidAfter("spawner", outcome.out.substr(0, outcome.out.find('\n')));
  pid_t shell = atoi(outcome.out.c_str() + outcome.out.find('\n'));
  std::string spawners = FindRecording(scratch.path(), spawner);
  std::string shells = FindRecording(scratch.path(), shell);
  ASSERT_NE(spawners, "");
  ASSERT_NE(shells, "");
  EXPECT_EQ(SumOf(CaptureOrFail(spawners), "by", "spawner").objects.samples, 150u);
  Recording raw_shell = CopyOrFail(shells);
  EXPECT_EQ(raw_shell.header.fork_generation, 0u);
  EXPECT_EQ(LiveInherited(raw_shell), 0u);
}

}  // namespace
}  // namespace seep::e2e
