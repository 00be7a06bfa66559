// Where no recording can be made, the program runs on as if nothing had been asked.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

void LimitFileSize() {
  rlimit limit{1 << 20, 1 << 20};
  setrlimit(RLIMIT_FSIZE, &limit);
}

// A file system of 4 MiB there, that only this process and its children see.
bool MountSmall(const std::string& directory) {
  return unshare(CLONE_NEWNS) == 0 && mount("", "/", "", MS_REC | MS_PRIVATE, "") == 0 &&
         mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=4m") == 0;
}

bool CanMount(const std::string& directory) {
  pid_t pid = fork();
  if (pid == 0) _exit(MountSmall(directory) ? 0 : 1);
  int status = 0;
  waitpid(pid, &status, 0);
  return status == 0;
}

class MannersOutput : public testing::Test {
 protected:
  // Preloaded, and under `seep run`.
  void ExpectUnharmed(const std::string& output, const std::function<void()>& before_exec = {}) {
    Launch plain{.command = {Program("e2e_modest"), "7"}};
    Outcome expected = RunToEnd(plain);
    ASSERT_EQ(expected.code, 7);

    Launch profiled = Profiled(plain.command, "sample=4KiB:output=" + output);
    profiled.before_exec = before_exec;
    Outcome preloaded = RunToEnd(profiled);
    EXPECT_EQ(preloaded.code, 7);
    EXPECT_EQ(preloaded.out, expected.out);
    EXPECT_EQ(preloaded.err, expected.err);

    Outcome run = RunToEnd({.command = {Program("seep"), "run", "--sample", "4KiB", "-o", output,
                                        "--", Program("e2e_modest"), "7"},
                            .before_exec = before_exec});
    EXPECT_EQ(run.code, 7) << run.err;
    EXPECT_EQ(run.out, expected.out);
    EXPECT_NE(run.err.find("could not measure"), std::string::npos) << run.err;
  }

  Scratch scratch_;
};

TEST_F(MannersOutput, DirectoryDoesNotExist) {
  ExpectUnharmed(scratch_ / "no_such_directory/recording");
}

TEST_F(MannersOutput, DirectoryCannotBeWritten) { ExpectUnharmed("/proc"); }

TEST_F(MannersOutput, FileSystemIsTooSmall) {
  std::string small = scratch_ / "small";
  mkdir(small.c_str(), 0700);
  if (!CanMount(small)) GTEST_SKIP() << "no private mount namespace here";
  ExpectUnharmed(small, [small] {
    if (!MountSmall(small)) _exit(99);
  });
}

TEST_F(MannersOutput, FileSizeIsLimited) { ExpectUnharmed(scratch_.path(), LimitFileSize); }

// A file of the user's is never overwritten.
TEST_F(MannersOutput, FileExists) {
  std::string path = scratch_ / "precious";
  std::ofstream(path) << "the user's";
  Outcome outcome = RunToEnd(Profiled({Program("e2e_modest"), "7"}, "sample=1:output=" + path));
  EXPECT_EQ(outcome.code, 7);
  std::string content;
  std::getline(std::ifstream(path) >> std::ws, content);
  EXPECT_EQ(content, "the user's");
  EXPECT_NE(FindRecording(scratch_.path()), "") << "under an extended name";
}

// `seep run` itself refuses a directory that it cannot make, before it starts anything.
TEST_F(MannersOutput, RunRefusesAnImpossibleDirectory) {
  Outcome outcome = RunToEnd(
      {.command = {Program("seep"), "run", "-o", "/proc/no_such/", "--", "echo", "started"}});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("/proc/no_such/"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace seep::e2e
