// The profiler leaves no traces in the program: no threads, no descriptors, no words.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

std::set<std::string> Names(const std::string& directory) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    names.insert(entry.path().filename());
  }
  return names;
}

struct Traces {
  size_t threads;
  std::set<std::string> descriptors;
};

Traces TracesOf(const Launch& launch) {
  Process program(launch);
  EXPECT_NE(program.ReadLine(), "");  // it has worked, and its threads have ended
  return {Names(program.Path("task")).size(), Names(program.Path("fd"))};
}

TEST(MannersTraces, NoThreadsAndNoDescriptors) {
  Scratch scratch;
  std::vector<std::string> command = {Program("e2e_modest"), "0"};
  Traces plain = TracesOf({.command = command});
  EXPECT_EQ(plain.threads, 1u);
  for (std::string options : {"sample=1", "sample=1:rss=on", "sample=off", "profile=off"}) {
    Traces profiled = TracesOf(Profiled(command, options + ":output=" + scratch.path()));
    EXPECT_EQ(profiled.threads, plain.threads) << options;
    EXPECT_EQ(profiled.descriptors, plain.descriptors) << options;
  }
  EXPECT_NE(FindRecording(scratch.path()), "");
}

TEST(MannersTraces, NothingIsPrinted) {
  Scratch scratch;
  Launch plain{.command = {Program("e2e_modest"), "3"}};
  Outcome expected = RunToEnd(plain);
  for (std::string options : {"sample=1", "sample=1:nonsense=yes:sample=", ":::", "output="}) {
    Outcome profiled = RunToEnd(Profiled(plain.command, options + ":output=" + scratch.path()));
    EXPECT_EQ(profiled.code, 3) << options;
    EXPECT_EQ(profiled.out, expected.out) << options;
    EXPECT_EQ(profiled.err, expected.err) << options;
  }
}

// Options that were not understood are told in the recording.
TEST(MannersTraces, UnknownOptionsAreReported) {
  Scratch scratch;
  RunToEnd(Profiled({Program("e2e_modest"), "0"},
                    "sample=1:nonsense=yes:keep=many:output=" + (scratch / "recording")));
  Snapshot snapshot = CaptureOrFail(scratch / "recording");
  std::set<std::string> notices;
  for (const Notice& notice : snapshot.notices) notices.insert(notice.text);
  EXPECT_EQ(notices, (std::set<std::string>{"nonsense=yes", "keep=many"}));
}

}  // namespace
}  // namespace seep::e2e
