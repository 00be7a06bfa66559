// A server that is stopped and copied while it works does not notice: no call fails, no signal and
// no child appears, no register changes. SEEP_FREEZE_ROUNDS: how often (default 200).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>
#include <thread>

#include "heap/freeze/forked_copy.h"
#include "heap/freeze/left_copies.h"
#include "heap/freeze/stopped_process.h"
#include "tests/e2e/support/process.h"

namespace seep::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int Rounds() {
  const char* rounds = getenv("SEEP_FREEZE_ROUNDS");
  return rounds == nullptr ? 200 : atoi(rounds);
}

class Freeze : public testing::Test {
 protected:
  struct Report {
    uint64_t failed = 0, wrong = 0, sent = 0, handled = 0, sigchld = 0, children = 0, calls = 0;
  };

  Report Ask() {
    server_.Send("report");
    std::istringstream line(server_.ReadLine());
    std::string word;
    Report report;
    line >> word >> report.failed >> word >> report.wrong >> word >> report.sent >>
        report.handled >> word >> report.sigchld >> word >> report.children >> word >> report.calls;
    EXPECT_TRUE(line);
    return report;
  }

  // Nothing has happened to it, and it lives.
  void ExpectUnharmed() { ExpectUnharmedBut(0); }
  void ExpectUnharmedBut(uint32_t copy) {
    Report before = Ask();
    std::this_thread::sleep_for(milliseconds(50));
    Report after = Ask();
    EXPECT_EQ(after.failed, 0u);
    EXPECT_EQ(after.wrong, 0u);
    EXPECT_EQ(after.sigchld, 0u);
    EXPECT_EQ(after.children, 0u);
    EXPECT_GT(after.calls, before.calls);
    EXPECT_GE(after.handled + 2, before.sent);
    // When seep was killed, its guardian may still be putting things back.
    std::string expected = copy == 0 ? "" : std::to_string(copy) + " ";
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Children() != expected && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_EQ(Children(), expected);
  }

  // Of any thread of it, also those that waitpid would not show.
  std::string Children() {
    std::string all;
    std::istringstream tasks(
        RunToEnd({.command = {"sh", "-c", "cat " + server_.Path("task/*/children")}}).out);
    for (std::string child; tasks >> child;) all += child + " ";
    return all;
  }

  uint32_t pid() const { return static_cast<uint32_t>(server_.pid()); }

  Process server_{{.command = {Program("e2e_blocked_server")}}};
  bool ready_ = server_.ReadLine() == "ready";
};

TEST_F(Freeze, StopsAreNotNoticed) {
  double longest = 0;
  for (int i = 0; i < Rounds(); ++i) {
    auto stopped = StoppedProcess::Stop(pid(), seconds(10));
    ASSERT_TRUE(stopped.ok()) << stopped.status();
    auto pause = stopped->Resume();
    ASSERT_TRUE(pause.ok()) << pause.status();
    EXPECT_TRUE(pause->whole);
    longest = std::max(longest, pause->milliseconds);
  }
  std::cout << Rounds() << " stops, the longest " << longest << " ms\n";
  ExpectUnharmed();
}

// Threads that were late are waited for, or their calls would fail.
TEST_F(Freeze, GivesUpUnnoticed) {
  int late = 0;
  for (int i = 0; i < Rounds(); ++i) {
    auto stopped = StoppedProcess::Stop(pid(), std::chrono::nanoseconds(1));
    if (stopped.ok()) continue;  // all were quick
    EXPECT_EQ(stopped.status().code(), absl::StatusCode::kDeadlineExceeded) << stopped.status();
    ++late;
  }
  std::cout << late << " of " << Rounds() << " stops were given up\n";
  EXPECT_GT(late, 0);
  ExpectUnharmed();
}

TEST_F(Freeze, StandsStillUntilResumed) {
  auto stopped = StoppedProcess::Stop(pid(), seconds(10));
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  server_.Send("report");
  auto used = [&] { return RunToEnd({.command = {"cat", server_.Path("schedstat")}}).out; };
  std::string before = used();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(used(), before);
  ASSERT_TRUE(stopped->Resume().ok());
  EXPECT_NE(server_.ReadLine(), "");
  ExpectUnharmed();
}

TEST_F(Freeze, GoesOnByItselfAfterTheLongestPause) {
  auto stopped = StoppedProcess::Stop(pid(), milliseconds(50));
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  ExpectUnharmed();  // needs it to run
  auto pause = stopped->Resume();
  ASSERT_TRUE(pause.ok()) << pause.status();
  EXPECT_FALSE(pause->whole);
  EXPECT_GE(pause->milliseconds, 50);
  EXPECT_LT(pause->milliseconds, 1000);
}

// A process of ours that does `work` for ever, to be killed.
pid_t StartVictim(const std::function<void()>& work) {
  pid_t pid = fork();
  if (pid == 0) {
    for (;;) work();
  }
  return pid;
}

void KillAtRandomMoments(
    const std::function<void()>& work, int times,
    const std::function<void(pid_t)>& before_kill = [](pid_t) {}) {
  std::mt19937 random(7);
  for (int i = 0; i < times; ++i) {
    pid_t victim = StartVictim(work);
    ASSERT_GT(victim, 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    before_kill(victim);
    kill(victim, SIGKILL);
    waitpid(victim, nullptr, 0);
  }
  std::this_thread::sleep_for(milliseconds(100));
}

TEST_F(Freeze, SurvivesTheEndOfSeepWhileStopped) {
  KillAtRandomMoments([this] { (void)StoppedProcess::Stop(pid(), seconds(10)); }, Rounds() / 2);
  ExpectUnharmed();
}

TEST_F(Freeze, CopiesAreNotNoticed) {
  std::vector<double> first, second;
  for (int i = 0; i < Rounds(); ++i) {
    auto copy = ForkedCopy::Fork(pid());
    ASSERT_TRUE(copy.ok()) << i << ": " << copy.status();
    EXPECT_EQ(Children(), std::to_string(copy->pid()) + " ");
    first.push_back(copy->pause_ms());
    auto closed = copy->Close();
    ASSERT_TRUE(closed.ok()) << closed.status();
    second.push_back(*closed);
  }
  std::ranges::sort(first);
  std::ranges::sort(second);
  std::cout << Rounds() << " copies: pause median " << first[first.size() / 2] << " ms, longest "
            << first.back() << " ms; to collect them " << second[second.size() / 2] << " and "
            << second.back() << " ms\n";
  ExpectUnharmed();
}

// The copy is of one moment, while the process goes on.
TEST_F(Freeze, TheCopyNeverRuns) {
  auto copy = ForkedCopy::Fork(pid());
  ASSERT_TRUE(copy.ok()) << copy.status();
  std::string schedule = "/proc/" + std::to_string(copy->pid()) + "/";
  auto show = [&](const std::string& file) {
    return RunToEnd({.command = {"cat", schedule + file}}).out;
  };
  EXPECT_EQ(show("oom_score_adj"), "1000\n");
  EXPECT_NE(show("stat").find(") t "), std::string::npos) << show("stat");
  std::string before = show("schedstat");
  ExpectUnharmedBut(copy->pid());
  EXPECT_EQ(show("schedstat"), before);
}

TEST_F(Freeze, SurvivesTheEndOfSeepWhileCopied) {
  KillAtRandomMoments([this] { (void)ForkedCopy::Fork(pid()); }, Rounds() / 2);
  ExpectUnharmed();
}

// The guardian is killed, too: no one is left who could put anything back.
TEST_F(Freeze, ComesBackAloneWhenNobodyIsLeft) {
  auto kill_all = [](pid_t seep) {
    std::string children =
        "/proc/" + std::to_string(seep) + "/task/" + std::to_string(seep) + "/children";
    std::ifstream list(children);
    pid_t guardian = 0;
    if (list >> guardian && guardian > 1) kill(guardian, SIGKILL);
  };
  KillAtRandomMoments([this] { (void)ForkedCopy::Fork(pid()); }, Rounds() / 2, kill_all);
  Report before = Ask();
  std::this_thread::sleep_for(milliseconds(50));
  Report after = Ask();
  EXPECT_EQ(after.wrong, 0u);
  EXPECT_EQ(after.sigchld, 0u);
  EXPECT_EQ(after.children, 0u);
  EXPECT_GT(after.calls, before.calls);
  std::cout << LeftCopies(pid()).size() << " copies left, " << after.failed
            << " calls interrupted by a stop that nobody finished\n";
  // The next run collects what is left.
  auto copy = ForkedCopy::Fork(pid());
  ASSERT_TRUE(copy.ok()) << copy.status();
  ASSERT_TRUE(copy->Close().ok());
  EXPECT_EQ(Children(), "");
}

TEST_F(Freeze, RefusesALongPause) {
  auto copy = ForkedCopy::Fork(pid(), {.max_pause = std::chrono::microseconds(10)});
  EXPECT_EQ(copy.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(copy.status().message().find("--max-pause"), std::string::npos) << copy.status();
}

TEST_F(Freeze, RefusesWhatIsTraced) {
  // Of a process of our own again: a tracer and its child.
  ASSERT_EQ(ptrace(PTRACE_SEIZE, server_.pid(), 0, 0), 0);
  auto stopped = StoppedProcess::Stop(pid(), seconds(1));
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kFailedPrecondition) << stopped.status();
}

// SEEP_FREEZE_MIB: of how much memory (default 1024).
TEST(FreezePrice, ThePauseIsThatOfItsOwnFork) {
  const char* mib = getenv("SEEP_FREEZE_MIB");
  Process server({.command = {Program("e2e_blocked_server"), mib == nullptr ? "1024" : mib}});
  ASSERT_EQ(server.ReadLine(), "ready");
  std::vector<double> pauses, own;
  double predicted = 0;
  for (int i = 0; i < 5; ++i) {
    auto copy = ForkedCopy::Fork(static_cast<uint32_t>(server.pid()), {.max_pause = seconds(5)});
    ASSERT_TRUE(copy.ok()) << copy.status();
    pauses.push_back(copy->pause_ms());
    predicted = copy->price().predicted_ms;
    ASSERT_TRUE(copy->Close().ok());
    server.Send("fork");
    own.push_back(std::stod(server.ReadLine()) / 1000);
  }
  std::ranges::sort(pauses);
  std::ranges::sort(own);
  std::cout << "pause " << pauses[2] << " ms (" << pauses[0] << " to " << pauses[4]
            << "), own fork " << own[2] << " ms (" << own[0] << " to " << own[4] << "), predicted "
            << predicted << " ms\n";
  EXPECT_LE(pauses[2], 1.5 * own[2] + 10);
}

TEST(FreezeRefuses, WhatCannotBeStopped) {
  EXPECT_EQ(StoppedProcess::Stop(2, seconds(1)).status().code(),  // kthreadd
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(StoppedProcess::Stop(0x7fffffff, seconds(1)).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace seep::e2e
