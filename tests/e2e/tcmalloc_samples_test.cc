// Call sites of programs that nobody prepared, from the samples that gperftools' tcmalloc takes by
// itself; and its sampling switched on and off from outside.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "heap/live_target.h"
#include "heap/tcmalloc/sampling_flag.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr char kFull[] = SEEP_E2E_TCMALLOC_FULL;
constexpr char kMinimal[] = SEEP_E2E_TCMALLOC_MINIMAL;

Launch TwoSites(const std::string& library, std::vector<std::string> environment = {}) {
  if (!library.empty()) environment.push_back("LD_PRELOAD=" + library);
  return {.command = {Program("e2e_two_sites")}, .environment = std::move(environment)};
}

void Do(Process& program, const std::string& line) {
  program.Send(line);
  ASSERT_EQ(program.ReadLine(), "ok");
}

// The flag's value, through its address as Seep finds it.
uint64_t FlagOf(const Process& program) {
  auto target = LiveTarget::Open(static_cast<uint32_t>(program.pid()));
  EXPECT_TRUE(target.ok()) << target.status();
  auto flag = FindTcmallocSamplingFlag((*target)->target());
  EXPECT_TRUE(flag.ok()) << flag.status();
  if (!flag.ok()) return ~uint64_t{0};
  return ReadWord((*target)->memory(), flag->address).value_or(~uint64_t{0});
}

bool FlagBecomes(const Process& program, uint64_t value) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (FlagOf(program) != value) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::string Pid(const Process& program) { return std::to_string(program.pid()); }

// Orders whose call stack has that function.
double OrdersFrom(const json& report, const std::string& function) {
  double objects = 0;
  json order = RowOf(report["classes"], "Order");
  for (const json& site : order["sites"]) {
    for (const json& frame : site["frames"]) {
      if (frame["function"].get<std::string>().find(function) == std::string::npos) continue;
      objects += site["objects"]["value"].get<double>();
      break;
    }
  }
  return objects;
}

TEST(TcmallocSamples, ApportionEveryCountedObjectOverItsSites) {
  Process program(TwoSites(kFull, {"TCMALLOC_SAMPLE_PARAMETER=65536"}));
  Do(program, "churn 40");
  Do(program, "accept 600000");
  Do(program, "retry 200000");
  json report = ReportOf(Pid(program));
  double accepted = OrdersFrom(report, "AcceptOrders"), retried = OrdersFrom(report, "RetryOrders");
  std::printf("  accepted %.0f of 600000, retried %.0f of 200000\n", accepted, retried);
  EXPECT_EQ(RowOf(report["classes"], "Order")["objects"]["value"], 800'000.0);
  EXPECT_EQ(accepted + retried, 800'000.0);
  // 586 samples: a share of 3/4 has a standard error of 1.8 %.
  EXPECT_NEAR(accepted, 600'000, 4.5 * 0.018 * 800'000);
}

TEST(TcmallocSamples, SharesHaveAStandardError) {
  Process program(TwoSites(kFull, {"TCMALLOC_SAMPLE_PARAMETER=65536"}));
  Do(program, "churn 40");
  Do(program, "accept 300000");
  Do(program, "retry 300000");
  json order = RowOf(ReportOf(Pid(program))["classes"], "Order");
  EXPECT_EQ(order["objects"]["std_error"], 0);
  double share = 0, error = 0;
  for (const json& site : order["sites"]) {
    if (site["objects"]["value"] < 100'000) continue;
    share = site["objects"]["value"], error = site["objects"]["std_error"];
  }
  std::printf("  %.0f ± %.0f of 300000\n", share, error);
  // 440 samples of 600,000: half of them ± 2.4 %.
  EXPECT_NEAR(error, 600'000 * std::sqrt(0.25 / 440), 0.25 * 600'000 * std::sqrt(0.25 / 440));
  EXPECT_NEAR(share, 300'000, 4.5 * error);
}

// Sampling is off: where the heap grew is known all the same.
TEST(TcmallocSamples, GrowthStacksAreAlwaysThere) {
  Process program(TwoSites(kFull));
  Do(program, "accept 2000000");
  json report = ReportOf(Pid(program));
  double accepted = 0, all = 0;
  for (const json& growth : report["heap_growth"]) {
    all += growth["bytes"].get<double>();
    for (const json& frame : growth["frames"]) {
      if (frame["function"].get<std::string>().find("AcceptOrders") == std::string::npos) continue;
      accepted += growth["bytes"].get<double>();
      EXPECT_EQ(growth["frames"][growth["headline_frame"].get<size_t>()], frame);
      break;
    }
  }
  std::printf("  the heap grew by %.0f, %.0f of it in AcceptOrders\n", all, accepted);
  EXPECT_GE(accepted, 2e6 * 48);
  EXPECT_GE(accepted, 0.95 * all);
}

TEST(TcmallocSamples, AMinimalBuildHasNoGrowthStacksAndThatIsSaid) {
  Process program(TwoSites(kMinimal));
  Do(program, "accept 100000");
  json report = ReportOf(Pid(program));
  EXPECT_TRUE(report["heap_growth"].empty());
  std::string description = report["allocators"][0]["description"];
  EXPECT_NE(description.find("without heap-growth stacks"), std::string::npos) << description;
}

TEST(TcmallocSamples, AreSwitchedOnFromOutside) {
  Process program(TwoSites(kFull));
  Do(program, "accept 1000");
  EXPECT_EQ(OrdersFrom(ReportOf(Pid(program)), "AcceptOrders"), 0);
  Outcome on = Seep({"sampling", "on", Pid(program), "--interval", "64KiB"});
  ASSERT_EQ(on.code, 0) << on.err;
  EXPECT_NE(on.err.find("16 MiB"), std::string::npos) << on.err;
  EXPECT_EQ(FlagOf(program), 65536u);
  Do(program, "churn 40");
  Do(program, "retry 200000");
  EXPECT_GT(OrdersFrom(ReportOf(Pid(program)), "RetryOrders"), 150'000);
  EXPECT_EQ(Seep({"sampling", "off", Pid(program)}).code, 0);
  EXPECT_EQ(FlagOf(program), 0u);
}

class SamplingFor : public ::testing::TestWithParam<int> {};

TEST_P(SamplingFor, IsPutBackAsFoundWhateverEndsSeep) {
  Process program(TwoSites(kFull, {"TCMALLOC_SAMPLE_PARAMETER=1048576"}));
  Do(program, "accept 1000");
  Process seep({.command = {Program("seep"), "sampling", "on", Pid(program), "--interval", "4KiB",
                            "--for", "10m"}});
  ASSERT_TRUE(FlagBecomes(program, 4096));
  seep.Signal(GetParam());
  EXPECT_EQ(seep.Wait(), 128 + GetParam());
  EXPECT_TRUE(FlagBecomes(program, 1'048'576));
  Do(program, "accept 1000");
}
INSTANTIATE_TEST_SUITE_P(Signals, SamplingFor, ::testing::Values(SIGINT, SIGTERM, SIGHUP, SIGKILL));

TEST(TcmallocSampling, IsPutBackAfterItsTime) {
  Process program(TwoSites(kFull));
  Do(program, "accept 1000");
  Outcome outcome = Seep({"sampling", "on", Pid(program), "--for", "1s"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("put back as found: off"), std::string::npos) << outcome.err;
  EXPECT_EQ(FlagOf(program), 0u);
}

TEST(TcmallocSampling, IsRefusedWhereItCannotBe) {
  Process minimal(TwoSites(kMinimal));
  Do(minimal, "accept 100000");
  Outcome outcome = Seep({"sampling", "on", Pid(minimal)});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.err.find("compiled out"), std::string::npos) << outcome.err;
  Process glibc(TwoSites(""));
  Do(glibc, "accept 1000");
  outcome = Seep({"sampling", "on", Pid(glibc)});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.err.find("no tcmalloc"), std::string::npos) << outcome.err;
}

// Stripped, with tcmalloc linked in: the flag's value proves that it is the flag.
class LinkedSampling : public ::testing::TestWithParam<std::string> {};

TEST_P(LinkedSampling, FindsTheFlagByItsCode) {
  std::string truth = ::testing::TempDir() + "samples." + std::to_string(getpid());
  Process program({.command = {Program(GetParam()), truth, "--objects", "200"},
                   .environment = {"TCMALLOC_SAMPLE_PARAMETER=777777"}});
  ASSERT_EQ(program.ReadLine(), "ready");
  unlink(truth.c_str());
  EXPECT_EQ(FlagOf(program), 777'777u);
}
INSTANTIATE_TEST_SUITE_P(Forms, LinkedSampling,
                         ::testing::Values("census_truth_tcmalloc", "census_truth_tcmalloc_static"),
                         [](const auto& info) { return info.param; });

TEST(SamplingOfAPreparedProcess, IsItsRecordingsControlWord) {
  Process program(Profiled({Program("e2e_two_sites")}, "sample=4KiB"));
  Do(program, "accept 10000");
  Outcome outcome = Seep({"sampling", "on", Pid(program), "--interval", "2KiB"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Do(program, "churn 10");
  EXPECT_EQ(ReportOf(Pid(program))["process"]["sample_interval"], 2048);
}

}  // namespace
}  // namespace seep::e2e
