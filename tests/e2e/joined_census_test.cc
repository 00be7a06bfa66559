// A process with Seep whose heap is counted, too: the walk counts, the recording apportions.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr double kAccepted = 600'000, kRetried = 200'000;

struct Allocator {
  const char* name;
  const char* library;
};

class JoinedCensus : public testing::TestWithParam<Allocator> {
 protected:
  // At 16 KiB: some 2,000 samples of Orders.
  Launch TwoSites() {
    Launch launch = Profiled({Program("e2e_two_sites")}, "sample=16KiB:output=" + scratch_.path());
    std::string library = GetParam().library;
    if (!library.empty()) launch.environment[0] += ":" + library;
    return launch;
  }

  static void Do(Process& program, const std::string& line) {
    program.Send(line);
    ASSERT_EQ(program.ReadLine(), "ok");
  }

  static void LeakOrders(Process& program) {
    Do(program, "accept 600000");
    Do(program, "sleep 1");
    Do(program, "retry 200000");
  }

  static json Report(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"report", "--json"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Outcome outcome = Seep(command);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }

  // Exactly counted, but for shares: these with their standard errors, which are small and right.
  static void ExpectShare(const json& row, double truth) {
    ASSERT_TRUE(row.is_object());
    double value = row["objects"]["value"], error = row["objects"]["std_error"];
    std::printf("  %.0f ± %.0f of %.0f\n", value, error, truth);
    EXPECT_GT(error, 0);
    EXPECT_LT(error, 0.02 * (kAccepted + kRetried));
    EXPECT_NEAR(value, truth, 4.5 * error);
  }

  static json SiteWith(const json& sites, const std::string& function) {
    for (const json& site : sites) {
      for (const json& frame : site["frames"]) {
        if (frame["function"].get<std::string>().find(function) != std::string::npos) return site;
      }
    }
    return nullptr;
  }

  static json LabelOf(const json& labels, const std::string& value) {
    for (const json& label : labels) {
      if (label["value"] == value) return label;
    }
    return nullptr;
  }

  static void ExpectOrders(const json& report) {
    json order = RowOf(report["classes"], "Order");
    ASSERT_TRUE(order.is_object());
    EXPECT_EQ(order["objects"]["value"], kAccepted + kRetried);
    EXPECT_EQ(order["objects"]["std_error"], 0);
    ExpectShare(SiteWith(order["sites"], "AcceptOrders"), kAccepted);
    ExpectShare(SiteWith(order["sites"], "RetryOrders"), kRetried);
    ExpectShare(LabelOf(order["labels"], "accept"), kAccepted);
    ExpectShare(LabelOf(order["labels"], "retry"), kRetried);
    json accepted = LabelOf(report["labels"], "accept"),
         retried = LabelOf(report["labels"], "retry");
    EXPECT_GT(accepted["age_s"]["median"], retried["age_s"]["oldest"].get<double>() + 0.9);
    EXPECT_TRUE(order["turnover"].is_object());
  }

  Scratch scratch_;
};

TEST_P(JoinedCensus, CountsObjectsAndApportionsThemOverSitesLabelsAndAges) {
  if (std::string(GetParam().library).ends_with("NOTFOUND")) GTEST_SKIP();
  Process program(TwoSites());
  LeakOrders(program);
  std::string pid = std::to_string(program.pid());
  json report = Report({pid, "--census"});
  ExpectOrders(report);
  EXPECT_FALSE(report["allocators"].empty());
  EXPECT_NE(report["process"]["captured_by"].get<std::string>().find("recording"),
            std::string::npos);
  EXPECT_EQ(Report({pid})["allocators"].size(), 0u) << "without --census: the recording alone";
}

TEST_P(JoinedCensus, OfACopyAndKept) {
  if (std::string(GetParam().library).ends_with("NOTFOUND")) GTEST_SKIP();
  Process program(TwoSites());
  LeakOrders(program);
  std::string kept = scratch_ / "kept.seep";
  Outcome snap = Seep({"snap", std::to_string(program.pid()), "--census", "--consistency", "fork",
                       "--max-pause", "2s", "-o", kept});
  ASSERT_EQ(snap.code, 0) << snap.err;
  json report = Report({kept});
  ExpectOrders(report);
  EXPECT_GT(report["pause_ms"], 0);
}

INSTANTIATE_TEST_SUITE_P(Over, JoinedCensus,
                         testing::Values(Allocator{"glibc", ""},
                                         Allocator{"tcmalloc", SEEP_E2E_TCMALLOC}),
                         [](const auto& allocator) { return allocator.param.name; });

TEST(CensusOption, IsForLiveProcesses) {
  Scratch scratch;
  Launch launch =
      Profiled({Program("e2e_two_sites")}, "sample=4KiB:output=" + (scratch / "recording"));
  launch.input = "accept 1000\n";
  ASSERT_EQ(RunToEnd(launch).code, 0);
  Outcome outcome = Seep({"report", "--census", scratch / "recording"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.err.find("--census and --embedded want the pid"), std::string::npos)
      << outcome.err;
}

}  // namespace
}  // namespace seep::e2e
