// `seep run` is invisible to what it runs; `snap` and `report` go on from there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

class RunCommand : public testing::Test {
 protected:
  std::vector<std::string> Under(const std::vector<std::string>& command) {
    std::vector<std::string> all = {Program("seep"), "run", "--sample", "4KiB", "-o",
                                    scratch_.path(), "--"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
  Outcome RunUnder(const std::vector<std::string>& command) {
    return RunToEnd({.command = Under(command)});
  }

  Scratch scratch_;
};

TEST_F(RunCommand, PassesTheExitCodeOn) {
  EXPECT_EQ(RunUnder({"true"}).code, 0);
  EXPECT_EQ(RunUnder({"sh", "-c", "exit 3"}).code, 3);
  EXPECT_EQ(RunUnder({"sh", "-c", "exit 255"}).code, 255);
  EXPECT_EQ(RunUnder({"sh", "-c", "kill -9 $$"}).code, 128 + SIGKILL);
  EXPECT_EQ(RunUnder({"sh", "-c", "kill -SEGV $$"}).code, 128 + SIGSEGV);
}

TEST_F(RunCommand, TellsWhatCannotBeExecuted) {
  Outcome missing = RunUnder({scratch_ / "no_such_program"});
  EXPECT_EQ(missing.code, 127);
  EXPECT_NE(missing.err.find("no_such_program"), std::string::npos) << missing.err;
  EXPECT_EQ(RunUnder({"no_such_program_on_the_path"}).code, 127);
  std::ofstream(scratch_ / "plain_file") << "text";
  EXPECT_EQ(RunUnder({scratch_ / "plain_file"}).code, 126);
  EXPECT_EQ(RunUnder({scratch_.path()}).code, 126) << "a directory";
}

TEST_F(RunCommand, WrongUsage) {
  EXPECT_EQ(Seep({"run"}).code, 2);
  EXPECT_EQ(Seep({"run", "--sample", "many", "--", "true"}).code, 2);
  EXPECT_EQ(Seep({"run", "--no-such-option", "--", "true"}).code, 2);
  EXPECT_EQ(Seep({"report", scratch_ / "nothing"}).code, 3);
  EXPECT_EQ(Seep({"snap", "999999999"}).code, 3);
}

TEST_F(RunCommand, LeavesTheStandardStreamsAlone) {
  Outcome outcome = RunToEnd(
      {.command = Under({"sh", "-c", "cat; echo to stderr >&2"}), .input = "through\nthe pipe\n"});
  EXPECT_EQ(outcome.out, "through\nthe pipe\n");
  EXPECT_EQ(outcome.err.find("to stderr\n"), 0u) << outcome.err;
}

TEST_F(RunCommand, ForwardsSignals) {
  Process run({.command = Under({Program("e2e_echo_signals")})});
  ASSERT_EQ(run.ReadLine().substr(0, 5), "ready");
  run.Signal(SIGUSR1);
  EXPECT_EQ(run.ReadLine(), "SIGUSR1");
  run.Signal(SIGTERM);
  EXPECT_EQ(run.ReadLine(), "SIGTERM");
  EXPECT_EQ(run.Wait(), 42);
}

TEST_F(RunCommand, PrintsTheNextCommandAndItWorks) {
  Outcome outcome = RunUnder({Program("e2e_modest"), "0"});
  ASSERT_EQ(outcome.code, 0);
  size_t at = outcome.err.find("next: seep report ");
  ASSERT_NE(at, std::string::npos) << outcome.err;
  std::string command = outcome.err.substr(at + 6, outcome.err.find('\n', at) - at - 6);
  Outcome next = RunToEnd({.command = {"sh", "-c", "cd \"$0\" && PATH=\"$1:$PATH\" " + command,
                                       scratch_.path(), SEEP_E2E_BIN}});
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_EQ(access((scratch_ / "leak.html").c_str(), R_OK), 0);
}

TEST_F(RunCommand, KeepsOptionsOfTheEnvironment) {
  Outcome outcome = RunToEnd(
      {.command = {Program("seep"), "run", "-o", scratch_.path(), "--", Program("e2e_modest"), "0"},
       .environment = {"SEEP_OPTIONS=sample=2KiB:rss=on"}});
  ASSERT_EQ(outcome.code, 0);
  EXPECT_EQ(CaptureOrFail(FindRecording(scratch_.path())).process.initial_interval, 2048u);
}

// Twice into one file: a series, of which the report shows the last.
TEST_F(RunCommand, SnapsOfALiveProcess) {
  Process puppet(Profiled({Program("e2e_puppet")}, "sample=1:output=" + (scratch_ / "recording")));
  std::string pid = std::to_string(puppet.pid());
  std::string file = scratch_ / "series.seep";
  puppet.Send("allocate early 500 64");
  ASSERT_EQ(puppet.ReadLine(), "ok");
  Outcome snap = Seep({"snap", pid, "-o", file});
  ASSERT_EQ(snap.code, 0) << snap.err;
  EXPECT_NE(snap.err.find("next: seep report "), std::string::npos) << snap.err;
  puppet.Send("allocate late 250 64");
  ASSERT_EQ(puppet.ReadLine(), "ok");
  ASSERT_EQ(Seep({"snap", pid, "-o", file}).code, 0);
  puppet.Kill();

  nlohmann::json last = ReportOf(file);
  ASSERT_EQ(last["labels"].size(), 2u) << last["labels"];
  EXPECT_EQ(last["labels"][0]["value"], "early");
  EXPECT_EQ(last["labels"][0]["objects"]["value"], 500);
  EXPECT_EQ(last["labels"][1]["value"], "late");
  EXPECT_EQ(last["labels"][1]["objects"]["value"], 250);
  Outcome first = Seep({"report", file, "--snapshot", "1", "--json"});
  EXPECT_EQ(nlohmann::json::parse(first.out)["labels"].size(), 1u);
  EXPECT_EQ(Seep({"report", file, "--snapshot", "3"}).code, 3);
}

TEST_F(RunCommand, JsonKeepsToItsSchema) {
  std::string python = "/usr/bin/python3";
  ASSERT_EQ(RunUnder({Program("e2e_modest"), "0"}).code, 0);
  Outcome report = Seep({"report", FindRecording(scratch_.path()), "--json"});
  Outcome check = RunToEnd(
      {.command = {python, "-c",
                   "import json, jsonschema, sys\n"
                   "jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))",
                   SEEP_E2E_SOURCE "/docs/report.schema.json"},
       .input = report.out});
  EXPECT_EQ(check.code, 0) << check.err;
}

}  // namespace
}  // namespace seep::e2e
