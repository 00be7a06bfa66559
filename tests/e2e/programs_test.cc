// Programs of many kinds run the same with the profiler.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

class Programs : public testing::Test {
 protected:
  // Code and output are those of an unprofiled run, at every interval.
  void ExpectSame(const std::vector<std::string>& command) {
    Outcome expected = RunToEnd({.command = command});
    EXPECT_EQ(expected.code, 0) << expected.err;
    for (std::string interval : {"1", "4KiB", "512KiB"}) {
      Outcome profiled =
          RunToEnd(Profiled(command, "keep=2:sample=" + interval + ":output=" + scratch_.path()));
      EXPECT_EQ(profiled.code, expected.code) << command[0] << " at " << interval;
      EXPECT_EQ(profiled.out, expected.out) << command[0] << " at " << interval;
      EXPECT_EQ(profiled.err, expected.err) << command[0] << " at " << interval;
    }
  }

  // The file of the innermost frame that is not the profiler's.
  static std::string Allocator(const Snapshot& snapshot, const Block& block) {
    if (block.stack.is_none()) return "";
    ModuleId module = snapshot.stacks.node(block.stack).location.module;
    return module.is_none() ? "" : snapshot.modules[module.index()].path;
  }

  Scratch scratch_;
};

TEST_F(Programs, Ls) { ExpectSame({"ls", "-laR", "/etc"}); }

TEST_F(Programs, ShellPipes) {
  ExpectSame({"bash", "-c",
              "for i in 1 2 3; do seq 1000 | sort -r | grep 7 | tail -2; done; "
              "x=$(echo $(printf %s deep)); echo $x; (exit 3) || echo failed"});
}

TEST_F(Programs, Python) {
  std::string python = "/usr/bin/python3";
  if (access(python.c_str(), X_OK) != 0) GTEST_SKIP() << "no " << python;
  ExpectSame({python, "-c",
              "import json, subprocess, threading, re\n"
              "t = [threading.Thread(target=lambda: [str(i) * 9 for i in range(20000)])"
              " for _ in range(4)]\n"
              "[x.start() for x in t]; [x.join() for x in t]\n"
              "print(subprocess.run(['echo', 'child'], capture_output=True).stdout)\n"
              "print(len(json.dumps({str(i): [i] * 10 for i in range(20000)})))"});
}

TEST_F(Programs, ConcurrentExceptions) { ExpectSame({Program("e2e_throwers"), "5000"}); }

TEST_F(Programs, OperatorNewOfItsOwn) { ExpectSame({Program("e2e_own_new")}); }

TEST_F(Programs, LibrariesThatComeAndGo) {
  for (std::string interval : {"1", "4KiB"}) {
    Scratch scratch;
    Outcome outcome =
        RunToEnd(Profiled({Program("e2e_loader"), SEEP_E2E_PLUGIN_A, SEEP_E2E_PLUGIN_B, "400"},
                          "sample=" + interval + ":output=" + (scratch / "recording")));
    ASSERT_EQ(outcome.code, 0);
    Snapshot snapshot = CaptureOrFail(scratch / "recording");
    // Each stack keeps the library that it was made by, whatever lies at its place now.
    std::map<std::string, std::map<std::string, int>> allocators;
    for (const Block& block : snapshot.blocks) {
      std::string by = LabelOf(snapshot, block, "by");
      if (!by.empty()) ++allocators[by][Allocator(snapshot, block)];
    }
    if (interval != "1") continue;
    EXPECT_EQ(allocators["a"], (std::map<std::string, int>{{SEEP_E2E_PLUGIN_A, 200}}));
    EXPECT_EQ(allocators["b"], (std::map<std::string, int>{{SEEP_E2E_PLUGIN_B, 200}}));
  }
}

TEST_F(Programs, SealedBySeccomp) {
  Outcome plain = RunToEnd({.command = {Program("e2e_sealed")}});
  if (plain.code == 77) GTEST_SKIP() << "no seccomp filters here";
  ASSERT_EQ(plain.code, 0);
  for (std::string interval : {"1", "4KiB"}) {
    Outcome profiled = RunToEnd(
        Profiled({Program("e2e_sealed")}, "sample=" + interval + ":output=" + scratch_.path()));
    EXPECT_EQ(profiled.code, 0) << interval;
    EXPECT_EQ(profiled.out, "survived\n") << interval;
  }
}

TEST_F(Programs, AllocationsThatFail) {
  EXPECT_EQ(RunToEnd({.command = {Program("e2e_exhaustion")}}).code, 0);
  for (std::string interval : {"1", "4KiB", "512KiB"}) {
    std::string recording = scratch_ / interval;
    Outcome outcome = RunToEnd(
        Profiled({Program("e2e_exhaustion")}, "sample=" + interval + ":output=" + recording));
    EXPECT_EQ(outcome.code, 0) << "line of exhaustion.cc, at " << interval;
  }
  Snapshot snapshot = CaptureOrFail(scratch_ / "1");
  EXPECT_EQ(SumOf(snapshot, "by", "kept").objects.samples, 1u);
  EXPECT_EQ(SumOf(snapshot, "by", "after").objects.samples, 100u);
  EXPECT_LT(snapshot.process.bytes_allocated, 1 << 30) << "counts what was never had";
}

// A set-user-ID program is not profiled: who starts it could have it write files.
TEST_F(Programs, SetUserId) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give a program away";
  std::string path = std::filesystem::temp_directory_path() / "seep_e2e_secure";
  std::filesystem::copy_file(Program("e2e_secure"), path,
                             std::filesystem::copy_options::overwrite_existing);
  ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  ASSERT_EQ(chmod(path.c_str(), 04755), 0);
  Launch launch{.command = {path},
                .environment = {"SEEP_OPTIONS=sample=1:output=" + (scratch_ / "recording")}};
  Outcome outcome = RunToEnd(launch);
  std::filesystem::remove(path);
  if (outcome.out.substr(0, 6) != "secure") GTEST_SKIP() << "set-user-ID has no effect here";
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "secure 0\n");
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "recording"));
}

}  // namespace
}  // namespace seep::e2e
