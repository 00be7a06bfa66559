// The examples, preloaded and linked: class, site and client are named, the estimates are right.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/e2e/support/estimates.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr char kClosure[] = "common::Closure<void, Env*>";

class Examples : public testing::Test {
 protected:
  std::string Options() { return "sample=64KiB:output=" + (scratch_ / "recording"); }

  // Waits until the program's own count of a class has come to `objects`, or stays.
  double WaitForObjects(const std::string& program, const std::string& class_name, double objects) {
    double seen = 0;
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      seen = TrueObjects(TruthOf(program, scratch_ / "truth"), class_name);
      if (seen >= objects) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return seen;
  }

  static void ExpectEstimate(const json& row, double truth) {
    ASSERT_TRUE(row.is_object());
    ExpectNear(row["name"].get<std::string>(), row["objects"]["value"], row["objects"]["std_error"],
               truth);
  }

  // A function of that name among the frames of the row's first site.
  static bool FirstSiteCalls(const json& row, const std::string& function) {
    for (const json& frame : row["sites"][0]["frames"]) {
      if (frame["function"].get<std::string>().find(function) != std::string::npos) return true;
    }
    return false;
  }

  void TestProxy(const std::string& program, const Launch& launch) {
    Process proxy(launch);
    ASSERT_NE(proxy.ReadLine(), "");  // it listens
    Outcome load = RunToEnd({.command = {Program("proxy_load"), "--port-file", scratch_ / "port",
                                         "--requests", "200000", "--bad-share", "0.5"}});
    ASSERT_EQ(load.code, 0) << load.err;
    EXPECT_EQ(WaitForObjects(program, kClosure, 100'000), 100'000);
    json report = ReportOf(std::to_string(proxy.pid()));
    json closure = RowOf(report["base_classes"], kClosure);
    ExpectEstimate(closure, 100'000);
    EXPECT_TRUE(FirstSiteCalls(closure, "RequestHandler::HandleCheck"));
    EXPECT_EQ(closure["labels"][0]["key"], "cluster");
    EXPECT_EQ(closure["labels"][0]["value"], "ordering_v1");
    proxy.Kill();
  }

  Scratch scratch_;
};

TEST_F(Examples, ProxyPreloaded) {
  TestProxy("coordination_proxy", Profiled({Program("coordination_proxy"), "--port-file",
                                            scratch_ / "port", "--truth", scratch_ / "truth"},
                                           Options()));
}

TEST_F(Examples, ProxyLinked) {
  TestProxy("coordination_proxy", {.command = {Program("coordination_proxy_linked"), "--port-file",
                                               scratch_ / "port", "--truth", scratch_ / "truth"},
                                   .environment = {"SEEP_OPTIONS=" + Options()}});
}

// Without the binary the names of classes are still those that the profiler saw in the process.
TEST_F(Examples, ProxyKilledAndItsBinaryDeleted) {
  std::string copy = scratch_ / "proxy_copy";
  std::filesystem::copy_file(Program("coordination_proxy"), copy);
  {
    Process proxy(Profiled({copy, "--port-file", scratch_ / "port"}, Options()));
    ASSERT_NE(proxy.ReadLine(), "");
    Outcome load = RunToEnd({.command = {Program("proxy_load"), "--port-file", scratch_ / "port",
                                         "--requests", "100000", "--bad-share", "0.5"}});
    ASSERT_EQ(load.code, 0) << load.err;
    EXPECT_EQ(proxy.Kill(), 128 + SIGKILL);
  }
  std::filesystem::remove(copy);
  json report = ReportOf(scratch_ / "recording");
  json closure = RowOf(report["base_classes"], kClosure);
  ASSERT_TRUE(closure.is_object());
  EXPECT_EQ(closure["evidence"], "rtti");
  json concrete = report["classes"][0];
  EXPECT_EQ(concrete["name"].get<std::string>().substr(0, 21), "common::MethodClosure") << concrete;
}

TEST_F(Examples, OrderLocks) {
  Process locks(Profiled({Program("order_locks"), "--orders", "60000", "--rate", "0", "--linger",
                          "600", "--truth", scratch_ / "truth"},
                         Options()));
  EXPECT_EQ(WaitForObjects("order_locks", "order::OrderLock", 60'000), 60'000);
  json report = ReportOf(std::to_string(locks.pid()));
  json row = RowOf(report["classes"], "order::OrderLock");
  ExpectEstimate(row, 60'000);
  EXPECT_TRUE(FirstSiteCalls(row, "LockService::Acquire"));
}

// No vtable here: only the call site can say what the blocks are.
TEST_F(Examples, OrderLocksPlain) {
  Process locks(Profiled({Program("order_locks_plain"), "--orders", "60000", "--rate", "0",
                          "--linger", "600", "--truth", scratch_ / "truth"},
                         Options()));
  EXPECT_EQ(WaitForObjects("order_locks_plain", "order::OrderLock", 60'000), 60'000);
  json report = ReportOf(std::to_string(locks.pid()));
  json row = RowOf(report["classes"], "order::OrderLock");
  ExpectEstimate(row, 60'000);
  EXPECT_EQ(row["evidence"], "site");
  EXPECT_TRUE(FirstSiteCalls(row, "LockService::Acquire"));
}

TEST_F(Examples, BoundedCache) {
  Process cache(Profiled({Program("bounded_cache"), "--truth", scratch_ / "truth"}, Options()));
  WaitForObjects("bounded_cache", "cache::PageEntry", 13'000);  // two thirds of 20,000: it is full
  cache.Stop();  // so that truth and recording are of one moment
  json truth = TruthOf("bounded_cache", scratch_ / "truth");
  json report = ReportOf(scratch_ / "recording");
  for (std::string name : {"cache::PageEntry", "cache::ThumbnailEntry"}) {
    ExpectEstimate(RowOf(report["classes"], name), TrueObjects(truth, name));
  }
  ExpectEstimate(RowOf(report["base_classes"], "cache::Entry"), 20'000);
  cache.Signal(SIGCONT);
}

}  // namespace
}  // namespace seep::e2e
