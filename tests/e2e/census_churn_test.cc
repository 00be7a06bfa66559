// A census of a process that goes on allocating, and is not stopped: a class that is held at a
// million is counted to within what was on the move, and to a thousandth.
#include <gtest/gtest.h>

#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr double kKept = 1'000'000;
constexpr double kThreads = 2;  // each may hold one more for a moment

class Churning : public testing::TestWithParam<std::pair<std::string, std::string>> {};

double Replaced(Process& process) {
  process.Send("how many");
  return strtod(process.ReadLine().c_str(), nullptr);
}

TEST_P(Churning, IsCountedNearly) {
  const auto& [name, preload] = GetParam();
  if (preload.ends_with("NOTFOUND")) GTEST_SKIP() << name << " is not installed";
  Launch launch{.command = {Program("e2e_steady_churn")}};
  if (!preload.empty()) launch.environment.push_back("LD_PRELOAD=" + preload);
  Process process(launch);
  ASSERT_EQ(process.ReadLine(), "ready");
  for (int look = 0; look < 2; ++look) {
    double before = Replaced(process);
    json report = ReportOf(std::to_string(process.pid()));
    double passed = Replaced(process) - before;
    double counted = ObjectsOf(report, "Kept");
    double error = std::abs(counted - kKept);
    printf("  %s: %.0f counted of %.0f, %.0f of them replaced meanwhile\n", name.c_str(), counted,
           kKept, passed);
    EXPECT_LE(error, passed + kThreads);
    EXPECT_LE(error, kKept / 1000);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Churning,
                         testing::Values(std::pair("glibc", ""),
                                         std::pair("tcmalloc", SEEP_E2E_TCMALLOC),
                                         std::pair("jemalloc", SEEP_E2E_JEMALLOC),
                                         std::pair("mimalloc", SEEP_E2E_MIMALLOC)),
                         [](const auto& allocator) { return allocator.param.first; });

}  // namespace
}  // namespace seep::e2e
