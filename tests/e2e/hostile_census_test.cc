// A target that ends, becomes another program or tears up its own heap while it is counted: the
// census ends soon, and is whole, or says what happened, or says what is missing.
//
// SEEP_HOSTILE_ROUNDS: for how many times the usual number of rounds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <random>
#include <regex>
#include <thread>

#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr double kTenants = 1'000'000;
// Of processor time, which no busy machine stretches: a census of so much takes 0.2 s of it, and of
// the same heap torn up, a second.
constexpr double kSoonSeconds = 10;

int Rounds(int usual) {
  const char* times = getenv("SEEP_HOSTILE_ROUNDS");
  return times == nullptr ? usual : usual * std::max(1, atoi(times));
}

// Steers no terminal: no control characters but line ends, and no reversed text.
void ExpectPlainText(const std::string& text) {
  bool steers = std::any_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\n') || byte == 0x7f;
  });
  EXPECT_FALSE(steers) << text;
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << text;
}

double ProcessorSecondsOfChildren() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Timed {
  Outcome outcome;
  double seconds = 0;  // of processor time
};
Timed TimedSeep(const std::vector<std::string>& arguments) {
  double before = ProcessorSecondsOfChildren();
  Timed timed{.outcome = Seep(arguments)};
  timed.seconds = ProcessorSecondsOfChildren() - before;
  EXPECT_LT(timed.seconds, kSoonSeconds);
  return timed;
}

Launch HostileHeap(const std::string& preload = "") {
  Launch launch{.command = {Program("e2e_hostile_heap"), "--objects", "1000000"}};
  if (!preload.empty()) launch.environment.push_back("LD_PRELOAD=" + preload);
  return launch;
}

// --- The process goes away
// --------------------------------------------------------------------------

struct Departure {
  std::string name;
  std::string how;  // a command of the program; "kill": SIGKILL
  std::string consistency;
};

class Departing : public testing::TestWithParam<Departure> {
 protected:
  // What there is is the whole truth of one program.
  static void ExpectWhole(const json& report) {
    double tenants = ObjectsOf(report, "Tenant"), successors = ObjectsOf(report, "Successor");
    bool first = tenants == kTenants && successors == 0;
    // The other one may have been still at its start.
    bool second = GetParam().how == "exec" && tenants == 0;
    EXPECT_TRUE(first || second) << tenants << " tenants, " << successors << " successors";
  }

  static void ExpectReason(pid_t pid, const Outcome& outcome) {
    std::string who = "seep: process " + std::to_string(pid) + ": ";
    std::regex reason(who + ".*(ended|no such process|exec).*\n");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_TRUE(std::regex_match(outcome.err, reason)) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
};

TEST_P(Departing, IsCountedWholeOrNotAtAll) {
  const Departure& departure = GetParam();
  std::mt19937_64 random(7);
  int whole = 0, rounds = Rounds(6);
  double longest = 0;
  for (int round = 0; round < rounds; ++round) {
    Process process(HostileHeap());
    ASSERT_EQ(process.ReadLine(), "ready");
    Scratch scratch;
    std::string pid = std::to_string(process.pid()), kept = scratch / "kept.seep";
    auto when = std::chrono::microseconds(random() % 150'000);
    std::thread killer;
    if (departure.how == "kill") {
      killer = std::thread([&process, when] {
        std::this_thread::sleep_for(when);
        process.Signal(SIGKILL);
      });
    } else {
      process.Send(departure.how + " " + std::to_string(when.count()));
    }
    Timed seep = TimedSeep(
        {"snap", pid, "-o", kept, "--consistency", departure.consistency, "--max-pause", "20s"});
    if (killer.joinable()) killer.join();
    longest = std::max(longest, seep.seconds);
    if (seep.outcome.code == 0) {
      ++whole;
      ExpectWhole(ReportOf(kept));
    } else {
      ExpectReason(process.pid(), seep.outcome);
      EXPECT_FALSE(std::filesystem::exists(kept));
    }
  }
  printf("  %s: %d rounds, %d of them whole, longest %.2f s\n", departure.name.c_str(), rounds,
         whole, longest);
}

INSTANTIATE_TEST_SUITE_P(Of, Departing,
                         testing::Values(Departure{"exit", "exit", "none"},
                                         Departure{"exec", "exec", "none"},
                                         Departure{"kill", "kill", "none"},
                                         Departure{"kill_stopped", "kill", "stop"},
                                         Departure{"kill_copied", "kill", "fork"}),
                         [](const auto& departure) { return departure.param.name; });

// --- Its number goes to another process
// -------------------------------------------------------------

// Starts a program under a chosen pid; −1: that is not allowed here, or the pid is taken.
pid_t StartAs(pid_t pid, const std::vector<std::string>& command) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(&pid);
  arguments.set_tid_size = 1;
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  int input[2];
  if (pipe(input) != 0) return -1;
  auto child = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (child == 0) {
    dup2(input[0], STDIN_FILENO);  // never ends: we hold the other end
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    execv(words[0], words.data());
    _exit(127);
  }
  return child;
}

void End(pid_t pid) {
  if (pid <= 1) return;
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

const std::vector<std::string> kSuccessor = {"--objects", "200000", "--successor"};

pid_t StartSuccessorAs(pid_t pid) {
  std::vector<std::string> command = {Program("e2e_hostile_heap")};
  command.insert(command.end(), kSuccessor.begin(), kSuccessor.end());
  return StartAs(pid, command);
}

TEST(ReusedPid, IsNotMixedIntoOneCount) {
  std::mt19937_64 random(8);
  int whole = 0, rounds = Rounds(6);
  for (int round = 0; round < rounds; ++round) {
    Process first(HostileHeap());
    ASSERT_EQ(first.ReadLine(), "ready");
    pid_t pid = first.pid();
    auto seep = std::async(std::launch::async, [pid] {
      return TimedSeep({"report", std::to_string(pid), "--json"}).outcome;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 150'000));
    first.Kill();
    pid_t second = StartSuccessorAs(pid);
    Outcome outcome = seep.get();
    End(second);
    if (second < 0) GTEST_SKIP() << "a pid cannot be chosen here: " << strerror(errno);
    if (outcome.code != 0) {
      EXPECT_EQ(outcome.code, 3) << outcome.err;
      EXPECT_NE(outcome.err.find("process " + std::to_string(pid)), std::string::npos);
      continue;
    }
    ++whole;
    json report = json::parse(outcome.out);
    double tenants = ObjectsOf(report, "Tenant");
    EXPECT_TRUE(tenants == kTenants || tenants == 0) << tenants;
    EXPECT_TRUE(tenants == 0 || ObjectsOf(report, "Successor") == 0);
  }
  printf("  %d rounds, %d of them whole\n", rounds, whole);
}

// Two counts of two programs are no growth.
class BetweenTwoCounts : public testing::Test {
 protected:
  static constexpr char kFirstIsShown[] = "Tenant";

  // `seep PID`, and what happens once the first count is over.
  Outcome LookWhile(Process& process, const std::function<void()>& happens) {
    Scratch scratch;
    std::string kept = scratch / "kept.seep";
    auto seep = std::async(std::launch::async, [&process, kept] {
      return Seep({std::to_string(process.pid()), "--interval", "2", "-o", kept});
    });
    while (!std::filesystem::exists(kept) &&
           seep.wait_for(std::chrono::milliseconds(10)) == std::future_status::timeout) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    happens();
    return seep.get();
  }
};

TEST_F(BetweenTwoCounts, TheProcessEnds) {
  Process process(HostileHeap());
  ASSERT_EQ(process.ReadLine(), "ready");
  std::string who = "process " + std::to_string(process.pid()) + ": ";
  Outcome outcome = LookWhile(process, [&] { process.Kill(); });
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.out.find(kFirstIsShown), std::string::npos) << "the first count is kept";
  EXPECT_NE(outcome.err.find(who), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out.find("Successor"), std::string::npos) << outcome.out;
}

TEST_F(BetweenTwoCounts, ItBecomesAnotherProgram) {
  Process process(HostileHeap());
  ASSERT_EQ(process.ReadLine(), "ready");
  Outcome outcome = LookWhile(process, [&] { process.Send("exec 0"); });
  EXPECT_EQ(outcome.code, 3) << outcome.out;
  EXPECT_NE(outcome.err.find("exec"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out.find("Successor"), std::string::npos) << outcome.out;
}

TEST_F(BetweenTwoCounts, ItsNumberGoesToAnotherProcess) {
  Process process(HostileHeap());
  ASSERT_EQ(process.ReadLine(), "ready");
  pid_t pid = process.pid(), second = -1;
  Outcome outcome = LookWhile(process, [&] {
    process.Kill();
    second = StartSuccessorAs(pid);
  });
  End(second);
  if (second < 0) GTEST_SKIP() << "a pid cannot be chosen here: " << strerror(errno);
  EXPECT_EQ(outcome.code, 3) << outcome.out;
  EXPECT_NE(outcome.err.find("ended"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out.find("Successor"), std::string::npos) << outcome.out;
}

// --- Its heap is torn up
// ----------------------------------------------------------------------------

TEST(ForgedTypes, AreNoClassesOrPlainText) {
  Process process(HostileHeap());
  ASSERT_EQ(process.ReadLine(), "ready");
  std::string pid = std::to_string(process.pid());
  Outcome text = Seep({"report", pid, "--rows", "100"});
  EXPECT_EQ(text.code, 0) << text.err;
  ExpectPlainText(text.out + text.err);
  json report = ReportOf(pid);
  EXPECT_EQ(ObjectsOf(report, "Tenant"), kTenants);
  EXPECT_EQ(ObjectsOf(report, "Ring2"), 100) << "a forged one that could be real";
}

class Damaged : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(Damaged, IsCountedInTimeAndDoubted) {
  const auto& [name, preload] = GetParam();
  if (preload.ends_with("NOTFOUND")) GTEST_SKIP() << name << " is not installed";
  double longest = 0;
  int counted = 0, rounds = Rounds(1);
  for (int round = 0; round < rounds; ++round) {
    Process process(HostileHeap(preload));
    ASSERT_EQ(process.ReadLine(), "ready");
    std::string pid = std::to_string(process.pid());
    process.Send("damage " + std::to_string(round + 1));
    for (int look = 0; look < 4; ++look) {
      Timed seep = TimedSeep({"report", pid, look % 2 == 0 ? "--json" : "--text"});
      longest = std::max(longest, seep.seconds);
      if (look % 2 != 0) ExpectPlainText(seep.outcome.out + seep.outcome.err);
      if (seep.outcome.code != 0) {
        EXPECT_EQ(seep.outcome.code, 3) << seep.outcome.err;
        EXPECT_NE(seep.outcome.err.find("process " + pid), std::string::npos) << seep.outcome.err;
        continue;
      }
      ++counted;
      if (look % 2 != 0) continue;
      json report = json::parse(seep.outcome.out);
      double live = 0, doubts = static_cast<double>(report["dropped"].size());
      for (const json& row : report["allocators"]) {
        live += row["live_objects"].get<double>();
        doubts += row["discrepancy"].get<double>();
      }
      bool near_truth = std::abs(live - kTenants) < kTenants / 20;
      EXPECT_TRUE(near_truth || doubts > 0) << live << " live blocks, and no doubt";
    }
  }
  printf("  %s: %d looks, %d of them counted, longest %.2f s\n", name.c_str(), 4 * rounds, counted,
         longest);
}

INSTANTIATE_TEST_SUITE_P(Of, Damaged,
                         testing::Values(std::pair("glibc", ""),
                                         std::pair("tcmalloc", SEEP_E2E_TCMALLOC),
                                         std::pair("jemalloc", SEEP_E2E_JEMALLOC),
                                         std::pair("mimalloc", SEEP_E2E_MIMALLOC)),
                         [](const auto& allocator) { return allocator.param.first; });

}  // namespace
}  // namespace seep::e2e
