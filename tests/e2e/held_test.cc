// Blocks without a class in processes that nobody prepared: by debug information the type of the
// pointers that hold them, without it who holds them.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

struct Setting {
  std::string name;
  std::string library = {};  // an allocator's
};

class Held : public testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    if (GetParam().library.ends_with("NOTFOUND")) GTEST_SKIP() << "not installed";
  }

  static Launch With(std::vector<std::string> command) {
    Launch launch{.command = std::move(command)};
    if (!GetParam().library.empty()) launch.environment = {"LD_PRELOAD=" + GetParam().library};
    return launch;
  }

  // Objects in rows of that name, or of no class, whose form begins so; with that evidence.
  static double Objects(const json& report, const std::string& name, const std::string& evidence,
                        const std::string& form = "") {
    double objects = 0;
    for (const json& row : report["classes"]) {
      if (row["name"] != name || row["evidence"] != evidence) continue;
      if (!row["form"].get<std::string>().starts_with(form)) continue;
      objects += row["objects"]["value"].get<double>();
    }
    return objects;
  }

  static void ExpectEveryByteInARow(const json& report) {
    double in_rows = 0, live = 0;
    for (const json& row : report["classes"]) in_rows += row["bytes"]["value"].get<double>();
    for (const json& row : report["allocators"]) live += row["live_bytes"].get<double>();
    EXPECT_EQ(in_rows, live);
  }

  // Runs one of the lock services until it has made all its locks.
  json ReportOfLocks(const std::string& program) {
    Process locks(With({Program(program), "--orders", std::to_string(kOrders), "--rate", "0",
                        "--linger", "600", "--truth", scratch_ / "truth"}));
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      json truth = TruthOf(program, scratch_ / "truth");
      shipped_ = truth.is_object() ? truth["events"].value("orders_shipped", 0) : 0;
      made_ = TrueObjects(truth, "order::OrderLock");
      if (shipped_ == kOrders) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(shipped_, kOrders);
    EXPECT_EQ(made_, kOrders);
    return ReportOf(std::to_string(locks.pid()));
  }

  // A census tells a kind of blocks by size and content; what else is alike, some blocks of the
  // libraries, is found by a sample of 4,096.
  static constexpr double kNear = 0.002;
  static constexpr int kOrders = 60'000;

  Scratch scratch_;
  int shipped_ = 0;
  double made_ = 0;
};

TEST_P(Held, PlainLocksHaveTheTypeOfTheirPointers) {
  json report = ReportOfLocks("order_locks_plain");
  EXPECT_NEAR(Objects(report, "order::OrderLock", "pointer type"), kOrders, kNear * kOrders);
  double nodes = 0;
  for (const json& row : report["classes"]) {
    bool entry =
        row["name"].get<std::string>().find("order::LockService::Entry") != std::string::npos;
    if (entry && row["form"] == "hash node") nodes += row["objects"]["value"].get<double>();
  }
  EXPECT_NEAR(nodes, kOrders, kNear * kOrders);
  ExpectEveryByteInARow(report);
}

TEST_P(Held, StrippedLocksAreHeldByTheirMap) {
  json report = ReportOfLocks("order_locks_plain_stripped");
  EXPECT_EQ(RowOf(report["classes"], "order::OrderLock"), nullptr);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "held only by hash node of "), kOrders,
              kNear * kOrders);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "hash node, "), kOrders, kNear * kOrders);
  ExpectEveryByteInARow(report);
}

TEST_P(Held, ByTheTypeOfThePointer) {
  Process process(With({Program("e2e_held")}));
  ASSERT_EQ(process.ReadLine(), "ready");
  json report = ReportOf(std::to_string(process.pid()));
  EXPECT_EQ(Objects(report, "net::Session", "rtti"), 20'000);
  EXPECT_NEAR(Objects(report, "net::Config", "pointer type"), 20'001, 20'000 * kNear);
  EXPECT_NEAR(Objects(report, "net::Point[]", "pointer type"), 10'000, 10'000 * kNear);
  EXPECT_NEAR(Objects(report, "net::Rule", "pointer type"), 5'000, 5'000 * kNear);
  EXPECT_NEAR(Objects(report, "net::Step", "pointer type", "list node"), 5'000, 5'000 * kNear);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "held only by net::Session+0x10"), 20'000,
              20'000 * kNear);
  EXPECT_NEAR(Objects(report, "(no class)", "none", "zeros, up to 1 KiB"), 5'000, 5'000 * kNear);
  ExpectEveryByteInARow(report);
}

TEST_P(Held, StrippedByWhoHoldsThem) {
  Process process(With({Program("e2e_held_stripped")}));
  ASSERT_EQ(process.ReadLine(), "ready");
  json report = ReportOf(std::to_string(process.pid()));
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "held only by net::Session+0x8"), 20'000,
              20'000 * kNear);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "held only by net::Session+0x10"), 20'000,
              20'000 * kNear);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "held only by tree node of "), 10'000,
              10'000 * kNear);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "held only by list node of "), 5'000,
              5'000 * kNear);
  EXPECT_NEAR(Objects(report, "(no class)", "holder", "tree node, "), 10'000, 10'000 * kNear);
  EXPECT_EQ(Objects(report, "net::Config", "pointer type"), 0);
  ExpectEveryByteInARow(report);
}

// Two looks at a process at rest find the same; a kept one reads back the same.
TEST_P(Held, IsRepeatableAndKept) {
  Process process(With({Program("e2e_held")}));
  ASSERT_EQ(process.ReadLine(), "ready");
  Outcome snap = Seep({"snap", std::to_string(process.pid()), "-o", scratch_ / "kept.seep"});
  ASSERT_EQ(snap.code, 0) << snap.err;
  json live = ReportOf(std::to_string(process.pid()));
  EXPECT_EQ(ReportOf(scratch_ / "kept.seep")["classes"], live["classes"]);
}

TEST_P(Held, CanBeLeftOut) {
  Process process(With({Program("e2e_held")}));
  ASSERT_EQ(process.ReadLine(), "ready");
  Outcome snap = Seep(
      {"snap", std::to_string(process.pid()), "--holders", "off", "-o", scratch_ / "kept.seep"});
  ASSERT_EQ(snap.code, 0) << snap.err;
  json report = ReportOf(scratch_ / "kept.seep");
  for (const json& row : report["classes"]) {
    EXPECT_NE(row["evidence"], "holder");
    EXPECT_NE(row["evidence"], "pointer type");
  }
  ExpectEveryByteInARow(report);
}

INSTANTIATE_TEST_SUITE_P(Of, Held,
                         testing::Values(Setting{"glibc"}, Setting{"tcmalloc", SEEP_E2E_TCMALLOC},
                                         Setting{"jemalloc", SEEP_E2E_JEMALLOC}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace seep::e2e
