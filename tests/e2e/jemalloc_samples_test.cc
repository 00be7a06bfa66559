// Call sites of a program that nobody prepared, from the samples of jemalloc's own profiler.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr double kAccepted = 600'000, kRetried = 200'000;

json OrdersOf(const std::string& options) {
  Process program({.command = {Program("e2e_two_sites")},
                   .environment = {"LD_PRELOAD=" SEEP_E2E_JEMALLOC, "MALLOC_CONF=" + options}});
  for (const char* line : {"accept 600000", "retry 200000"}) {
    program.Send(line);
    EXPECT_EQ(program.ReadLine(), "ok");
  }
  return RowOf(ReportOf(std::to_string(program.pid()))["classes"], "Order");
}

json SiteWith(const json& sites, const std::string& function) {
  for (const json& site : sites) {
    for (const json& frame : site["frames"]) {
      if (frame["function"].get<std::string>().find(function) != std::string::npos) return site;
    }
  }
  return nullptr;
}

void ExpectShare(const json& site, double truth) {
  ASSERT_TRUE(site.is_object());
  double value = site["objects"]["value"], error = site["objects"]["std_error"];
  std::printf("  %.0f ± %.0f of %.0f\n", value, error, truth);
  EXPECT_NEAR(value, truth, 4.5 * error);
  EXPECT_LT(error, 0.04 * (kAccepted + kRetried));
}

TEST(JemallocSamples, ApportionEveryCountedObjectOverItsSites) {
  json order = OrdersOf("prof:true,lg_prof_sample:16");
  ASSERT_TRUE(order.is_object());
  EXPECT_EQ(order["objects"]["value"], kAccepted + kRetried);
  EXPECT_EQ(order["objects"]["std_error"], 0);
  ExpectShare(SiteWith(order["sites"], "AcceptOrders"), kAccepted);
  ExpectShare(SiteWith(order["sites"], "RetryOrders"), kRetried);
}

TEST(JemallocSamples, AreNoneWithoutItsProfiler) {
  json order = OrdersOf("prof:false");
  ASSERT_TRUE(order.is_object());
  EXPECT_EQ(order["objects"]["value"], kAccepted + kRetried);
  EXPECT_TRUE(SiteWith(order["sites"], "Orders").is_null());
}

}  // namespace
}  // namespace seep::e2e
