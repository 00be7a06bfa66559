// The same words in gdb: on a process that gdb has stopped and on a core that it has read, under
// each allocator, driven as a script drives gdb.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string ScriptOf(const std::string& program, const std::string& temporary = "") {
  Launch launch{.command = {program, "gdb-script"}};
  if (!temporary.empty()) launch.environment = {"TMPDIR=" + temporary};
  Outcome outcome = RunToEnd(launch);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return outcome.out.substr(0, outcome.out.find('\n'));
}

std::string Script() {
  static const std::string script = ScriptOf(Program("seep"));
  return script;
}

// What gdb prints at each command, errors included. `load`: what it is to hold.
std::vector<std::string> Gdb(const std::vector<std::string>& load,
                             const std::vector<std::string>& commands,
                             const std::string& script = Script()) {
  constexpr char kMark[] = "\n<next command>\n";
  Launch launch{.command = {"gdb", "--nx", "--batch"}};
  launch.command.insert(launch.command.end(), load.begin(), load.end());
  launch.command.insert(launch.command.end(), {"-x", script, "-ex", "set may-call-functions off"});
  for (const std::string& command : commands) {
    launch.command.insert(launch.command.end(),
                          {"-ex", "echo \\n<next command>\\n", "-ex", command});
  }
  launch.before_exec = [] { dup2(STDOUT_FILENO, STDERR_FILENO); };
  Outcome outcome = RunToEnd(launch);
  std::vector<std::string> printed;
  std::string& all = outcome.out;
  for (size_t at = all.find(kMark); at != all.npos;) {
    size_t begin = at + sizeof(kMark) - 1;
    at = all.find(kMark, begin);
    printed.push_back(all.substr(begin, at == all.npos ? at : at - begin));
  }
  EXPECT_EQ(printed.size(), commands.size()) << all;
  printed.resize(commands.size());
  return printed;
}

json JsonIn(const std::string& printed) {
  size_t begin = printed.find('{');
  size_t end = printed.rfind('}');
  if (begin == printed.npos || end == printed.npos) return printed;
  return json::parse(printed.substr(begin, end + 1 - begin), nullptr, false);
}

std::string Hex(uint64_t address) { return absl::StrFormat("0x%x", address); }

constexpr char kClosure[] = "common::MethodClosure<Handler, void, Env*>";

struct Allocator {
  std::string name;
  std::string library;
};

class GdbOn : public testing::TestWithParam<Allocator> {
 protected:
  void Start(const std::string& program = Program("census_truth")) {
    // gdb writes into a core also what was never touched.
    Launch launch{.command = {program, scratch_ / "truth", "--largest", "4", "--objects", "300"}};
    if (!GetParam().library.empty()) launch.environment = {"LD_PRELOAD=" + GetParam().library};
    process_.emplace(launch);
    ASSERT_EQ(process_->ReadLine(), "ready");
    truth_ = ReadCensusTruth(scratch_ / "truth");
    pid_ = std::to_string(process_->pid());
  }

  // Of a block that holds one.
  uint64_t BlockOf(const std::string& class_name) const {
    for (const auto& [address, block] : truth_.live) {
      if (block.class_name == class_name) return address;
    }
    ADD_FAILURE() << "no " << class_name;
    return 0;
  }

  // Where the objects of a class are, by `seep instances --json`.
  std::set<std::string> AddressesIn(const json& look, const std::string& class_name) const {
    std::set<std::string> addresses;
    for (const json& instance : look["instances"]) {
      if (instance["class"] == class_name) addresses.insert(instance["address"]);
    }
    return addresses;
  }

  std::set<std::string> TrueAddresses(const std::string& class_name) const {
    std::set<std::string> addresses;
    for (const auto& [address, block] : truth_.live) {
      if (block.class_name == class_name) addresses.insert(Hex(address));
    }
    return addresses;
  }

  void ExpectTruth(const std::string& snapshot) const {
    json report = ReportOf(snapshot);
    for (std::string name : {"Both", "Diamond", "Session"}) {
      EXPECT_EQ(ObjectsOf(report, name), static_cast<double>(truth_.CountOf(name))) << name;
    }
  }

  // Every command, on whatever gdb holds.
  void ExpectAllCommandsRight(const std::vector<std::string>& load);

  Scratch scratch_;
  std::optional<Process> process_;
  CensusTruth truth_;
  std::string pid_;
};

void GdbOn::ExpectAllCommandsRight(const std::vector<std::string>& load) {
  std::string both = Hex(BlockOf("Both")), cells = Hex(BlockOf("Cell[]"));
  std::string freed = Hex(truth_.freed.begin()->first);
  std::vector<std::string> printed =
      Gdb(load, {"seep snap -o " + (scratch_ / "gdb.seep"), "seep report --by class --rows 100",
                 "seep instances -n 1000000 --json ^Both$",
                 "seep instances common::MethodClosure<Handler, void, Env*> -n 3",
                 "seep words --json MethodClosure<Handler", "seep what --json " + both + " + 8",
                 "seep what $sp", "output $seep_class(" + both + ")",
                 "output $seep_class(" + both + " + 16)", "output $seep_class(" + freed + ")",
                 "output $seep_cast(" + both + " + 16)->both", "print *$seep_cast(" + both + ")",
                 "print $seep_cast(" + cells + " + 8 + 2 * sizeof(Cell) + 16)",
                 "print $seep_cast(" + Hex(BlockOf(kClosure)) + ")->object", "detach"});

  ExpectTruth(scratch_ / "gdb.seep");
  EXPECT_THAT(printed[1], HasSubstr(kClosure));
  EXPECT_EQ(AddressesIn(JsonIn(printed[2]), "Both"), TrueAddresses("Both"));
  EXPECT_THAT(printed[3], HasSubstr("Instances"));
  json method = JsonIn(printed[4])["classes"][0]["offsets"][2]["words"][0];
  EXPECT_EQ(method["location"]["function"], "Handler::Check(Env*)");
  json what = JsonIn(printed[5])["addresses"][0];
  EXPECT_EQ(what["kind"], "live block");
  EXPECT_EQ(what["object"]["address"], both);
  EXPECT_EQ(what["bases"], json({"Left", "Right"}));
  EXPECT_THAT(printed[6], HasSubstr("stack"));
  EXPECT_THAT(printed[7], StartsWith("\"Both\""));
  EXPECT_THAT(printed[8], StartsWith("\"Both\"")) << "by the vtable pointer of its base Right";
  EXPECT_THAT(printed[9], StartsWith("\"(")) << "no class";
  EXPECT_THAT(printed[10], StartsWith("3")) << "the member of Both";
  EXPECT_THAT(printed[11], HasSubstr("<Right> = {"));
  EXPECT_THAT(printed[12], HasSubstr("Cell *) " + Hex(BlockOf("Cell[]") + 8 + 2 * 32)));
  EXPECT_THAT(printed[13], HasSubstr("Handler *) 0x"));
}

TEST_P(GdbOn, ALiveProcess) {
  Start();
  ExpectAllCommandsRight({"-p", pid_});
}

// The program has moved since: gdb is told where to, and seep by gdb.
TEST_P(GdbOn, ACore) {
  std::string there = scratch_ / "there", moved = scratch_ / "moved";
  std::filesystem::create_directory(there);
  std::filesystem::copy(Program("census_truth"), there);
  Start(there + "/census_truth");
  std::string core = scratch_ / "core";
  Gdb({"-p", pid_}, {"generate-core-file " + core});
  process_->Kill();
  std::filesystem::rename(there, moved);
  ExpectAllCommandsRight({moved + "/census_truth", core});
}

using Fields = std::map<std::string, std::string>;

Fields StatusOf(const std::string& path) {
  Fields fields;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    size_t colon = line.find(':');
    fields[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return fields;
}

// Its threads sleep a millisecond over and over.
uint64_t SwitchesOf(const Process& process) {
  uint64_t switches = 0;
  for (const auto& thread : std::filesystem::directory_iterator(process.Path("task"))) {
    switches += std::stoull(StatusOf(thread.path() / "status")["voluntary_ctxt_switches"]);
  }
  return switches;
}

TEST_P(GdbOn, DetachLeavesItRunning) {
  Start();
  Fields before = StatusOf(process_->Path("status"));
  Gdb({"-p", pid_}, {"seep snap -o " + (scratch_ / "gdb.seep"), "seep words Both",
                     "print $seep_class(" + Hex(BlockOf("Both")) + ")", "detach"});
  Fields after = StatusOf(process_->Path("status"));
  for (std::string field : {"State", "TracerPid", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn",
                            "SigCgt", "FDSize", "VmSize"}) {
    EXPECT_EQ(after[field], before[field]) << field;
  }
  EXPECT_EQ(after["TracerPid"], "\t0");
  uint64_t switches = SwitchesOf(*process_);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_GT(SwitchesOf(*process_), switches + 50);
  process_->CloseInput();
  EXPECT_EQ(process_->Wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(Under, GdbOn,
                         testing::Values(Allocator{"glibc", ""},
                                         Allocator{"tcmalloc", SEEP_E2E_TCMALLOC},
                                         Allocator{"jemalloc", SEEP_E2E_JEMALLOC}),
                         [](const auto& allocator) { return allocator.param.name; });

// --- What needs no allocator
// -------------------------------------------------------------------------

class GdbCommands : public testing::Test {
 protected:
  Scratch scratch_;
};

TEST_F(GdbCommands, AreDocumented) {
  std::vector<std::string> printed = Gdb({}, {"help seep", "help seep instances", "help seep snap",
                                              "help function", "apropos -v Seep"});
  EXPECT_THAT(printed[0], HasSubstr("seep words -- Show what"));
  EXPECT_THAT(printed[1], HasSubstr("    seep instances -n 100 common::Closure<void, Env*>"));
  EXPECT_THAT(printed[2], HasSubstr("    seep snap -o server.seep"));
  EXPECT_THAT(printed[3], HasSubstr("function seep_cast -- Pointer to the object"));
}

TEST_F(GdbCommands, AreCompleted) {
  Process process({.command = {Program("census_truth"), scratch_ / "truth", "--objects", "10"}});
  ASSERT_EQ(process.ReadLine(), "ready");
  std::vector<std::string> printed =
      Gdb({"-p", std::to_string(process.pid())},
          {"complete seep ", "complete seep words --", "complete seep instances Bo",
           "complete seep instances -n 3 common::MethodClosure<Handler, v",
           "seep snap -o " + (scratch_ / "gdb.seep"), "complete seep words common::Closure<void, E",
           "complete seep words __cxxabi", "complete seep what mai"});
  EXPECT_EQ(printed[0], "seep instances\nseep report\nseep snap\nseep what\nseep words\n");
  EXPECT_THAT(printed[1], HasSubstr("seep words --contents\n"));
  EXPECT_EQ(printed[2], "seep instances Both\n");
  EXPECT_EQ(printed[3], "seep instances -n 3 common::MethodClosure<Handler, void, Env*>\n");
  EXPECT_EQ(printed[5], "seep words common::Closure<void, Env*>\n") << "a base, without objects";
  EXPECT_EQ(printed[6], "") << "has a vtable, but no object";
  EXPECT_THAT(printed[7], HasSubstr("seep what main\n"));
}

TEST_F(GdbCommands, SayWhatIsWrong) {
  std::vector<std::string> printed = Gdb({}, {"seep snap", "print $seep_class(0)", "seep report",
                                              "seep nonsense", "seep words --json"});
  for (size_t i : {0, 1, 2, 4}) EXPECT_THAT(printed[i], HasSubstr("no process and no core"));
  EXPECT_THAT(printed[3], HasSubstr("no such command: seep nonsense"));

  Process process({.command = {Program("census_truth"), scratch_ / "truth", "--objects", "10"}});
  ASSERT_EQ(process.ReadLine(), "ready");
  printed =
      Gdb({"-p", std::to_string(process.pid())},
          {"seep snap --consistency fork", "seep instances --limits 3 Both", "seep instances -n",
           "seep words", "seep what", "seep words (", "print $seep_cast(0)", "seep what nonsense",
           "seep what 1.5", "seep what main", "print $seep_class($nonsense + 1)"});
  EXPECT_THAT(printed[0], HasSubstr("not needed"));
  EXPECT_THAT(printed[1], HasSubstr("no such option: --limits"));
  EXPECT_THAT(printed[2], HasSubstr("-n needs a value"));
  EXPECT_THAT(printed[3], HasSubstr("of which class?"));
  EXPECT_THAT(printed[4], HasSubstr("what lies where?"));
  EXPECT_THAT(printed[5], HasSubstr("not a regular expression"));
  EXPECT_THAT(printed[6], HasSubstr("no object: 0x0 is not mapped"));
  EXPECT_THAT(printed[7], StartsWith("No symbol \"nonsense\""));
  EXPECT_THAT(printed[8], StartsWith("this value lies nowhere"));
  EXPECT_THAT(printed[9], HasSubstr("code main"));
  for (const std::string& text : printed) EXPECT_THAT(text, Not(HasSubstr("Traceback")));
}

// A name steers no terminal.
TEST_F(GdbCommands, ShowHostileNames) {
  std::vector<std::string> printed =
      Gdb({}, {R"(python import seep_gdb.visible as v; print(v.visible("a\x1b[2J\u202eb\nc")))"});
  EXPECT_EQ(printed[0], "a\\x1b[2J\\u202eb\nc\n");
}

// Ctrl-C ends the child; gdb and the process go on.
TEST_F(GdbCommands, AreInterrupted) {
  Process process({.command = {Program("census_truth"), scratch_ / "truth", "--objects", "10"}});
  ASSERT_EQ(process.ReadLine(), "ready");
  std::string forever = scratch_ / "forever";  // nobody writes into it
  ASSERT_EQ(mkfifo(forever.c_str(), 0600), 0);
  Launch launch{.command = {"gdb", "--nx", "-q", "-p", std::to_string(process.pid()), "-x",
                            Script(), "-ex", "echo \\nloaded\\n"}};
  launch.before_exec = [] { dup2(STDOUT_FILENO, STDERR_FILENO); };
  Process gdb(launch);
  auto read_until = [&](const std::string& text) {
    for (int lines = 0; lines < 1000; ++lines) {
      std::string line = gdb.ReadLine();
      if (line.find(text) != line.npos) return true;
    }
    return false;
  };
  ASSERT_TRUE(read_until("loaded"));
  gdb.Send("seep report " + forever);
  std::string children = absl::StrCat(gdb.Path("task/"), gdb.pid(), "/children");
  std::string child;
  for (int i = 0; i < 10'000 && child.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::ifstream(children) >> child;
  }
  ASSERT_NE(child, "");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  gdb.Signal(SIGINT);
  EXPECT_TRUE(read_until("interrupted; the target is as it was"));
  EXPECT_FALSE(std::filesystem::exists("/proc/" + child));
  gdb.Send("seep what $sp");
  EXPECT_TRUE(read_until("stack"));
  gdb.Send("detach");
  gdb.Send("quit");
  EXPECT_EQ(gdb.Wait(), 0);
  process.CloseInput();
  EXPECT_EQ(process.Wait(), 0);
}

// --- Where the script lies
// ---------------------------------------------------------------------------

class GdbScript : public testing::Test {
 protected:
  // A seep that somebody has copied, and nothing else.
  GdbScript() : alone_(scratch_ / "seep") {
    std::filesystem::copy_file(Program("seep"), alone_);
    temporary_ = scratch_ / "tmp";
    std::filesystem::create_directory(temporary_);
    own_ = absl::StrCat(temporary_, "/seep-", geteuid());
  }

  Outcome Ask() const {
    return RunToEnd({.command = {alone_, "gdb-script"}, .environment = {"TMPDIR=" + temporary_}});
  }

  Scratch scratch_;
  std::string alone_, temporary_, own_;
};

TEST_F(GdbScript, LiesBesideTheProgram) {
  std::filesystem::path prefix = std::filesystem::path(Program("seep")).parent_path().parent_path();
  EXPECT_EQ(Script(), prefix / "share/seep/gdb/seep.py");
}

TEST_F(GdbScript, IsWrittenWhereSeepIsAlone) {
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ScriptOf(alone_, temporary_), own_ + "/seep.py");
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(own_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::read_symlink(own_ + "/seep"), alone_);
  Process process({.command = {Program("census_truth"), scratch_ / "truth", "--objects", "10"}});
  ASSERT_EQ(process.ReadLine(), "ready");
  std::string kept = scratch_ / "gdb.seep";
  Gdb({"-p", std::to_string(process.pid())}, {"seep snap -o " + kept}, own_ + "/seep.py");
  EXPECT_TRUE(fs::exists(kept));
  for (const auto& entry : fs::recursive_directory_iterator(own_)) {
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith(".new")));
  }
}

// Whoever may write there runs code in our gdb.
TEST_F(GdbScript, IsWrittenNowhereThatOthersReach) {
  namespace fs = std::filesystem;
  fs::create_directory(scratch_ / "theirs");
  fs::create_symlink(scratch_ / "theirs", own_);
  EXPECT_EQ(Ask().code, 3) << "a link";
  EXPECT_TRUE(fs::is_empty(scratch_ / "theirs"));
  fs::remove(own_);
  fs::create_directory(own_);
  fs::permissions(own_, fs::perms::all);
  Outcome open = Ask();
  EXPECT_EQ(open.code, 3);
  EXPECT_THAT(open.err, HasSubstr("open to others"));
  EXPECT_TRUE(fs::is_empty(own_));
  if (geteuid() == 0) {
    fs::permissions(own_, fs::perms::owner_all);
    ASSERT_EQ(chown(own_.c_str(), 65534, 65534), 0);
    EXPECT_EQ(Ask().code, 3) << "another user's";
  }
  fs::remove_all(own_);
  // A link in the place of a file is replaced, not followed.
  ScriptOf(alone_, temporary_);
  fs::remove(own_ + "/seep.py");
  fs::create_symlink(scratch_ / "theirs/file", own_ + "/seep.py");
  ScriptOf(alone_, temporary_);
  EXPECT_TRUE(fs::is_empty(scratch_ / "theirs"));
  EXPECT_FALSE(fs::is_symlink(own_ + "/seep.py"));
}

}  // namespace
}  // namespace seep::e2e
