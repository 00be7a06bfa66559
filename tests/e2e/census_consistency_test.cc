// A census of a process that goes on allocating, as of one moment: no object is missed.
#include <gtest/gtest.h>

#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

struct Way {
  std::string name;
  std::string consistency;
  std::string preload = {};  // an allocator's library
};

class Consistent : public testing::TestWithParam<Way> {};

TEST_P(Consistent, NoObjectIsMissedWhileOthersChurn) {
  const Way& way = GetParam();
  if (way.preload.ends_with("NOTFOUND")) GTEST_SKIP() << way.name << " is not installed";
  Scratch scratch;
  Launch launch{.command = {Program("census_truth"), scratch / "truth", "--churn"}};
  if (!way.preload.empty()) launch.environment.push_back("LD_PRELOAD=" + way.preload);
  Process process(launch);
  ASSERT_EQ(process.ReadLine(), "ready");
  CensusTruth truth = ReadCensusTruth(scratch / "truth");
  Outcome outcome = Seep({"report", std::to_string(process.pid()), "--json", "--consistency",
                          way.consistency, "--max-pause", "20s"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  json report = json::parse(outcome.out);
  for (std::string name :
       {"common::MethodClosure<Handler, void, Env*>", "Both", "Diamond", "Session"}) {
    double objects = ObjectsOf(report, name);
    auto expected = static_cast<double>(truth.CountOf(name));
    EXPECT_GE(objects, expected) << name;
    // A block just allocated where an object was, one in each of six threads.
    EXPECT_LE(objects, expected + 6) << name;
  }
  ASSERT_TRUE(report["pause_ms"].is_number()) << report["pause_ms"];
  EXPECT_GT(report["pause_ms"], 0);
  std::cout << way.name << ": stopped for " << report["pause_ms"] << " ms\n";
  for (const json& row : report["dropped"]) EXPECT_NE(row["what"], "consistency") << row;
}

INSTANTIATE_TEST_SUITE_P(Of, Consistent,
                         testing::Values(Way{"glibc_stop", "stop"}, Way{"glibc_fork", "fork"},
                                         Way{"tcmalloc_stop", "stop", SEEP_E2E_TCMALLOC},
                                         Way{"tcmalloc_fork", "fork", SEEP_E2E_TCMALLOC},
                                         Way{"jemalloc_stop", "stop", SEEP_E2E_JEMALLOC},
                                         Way{"jemalloc_fork", "fork", SEEP_E2E_JEMALLOC}),
                         [](const auto& way) { return way.param.name; });

TEST(ConsistencyOption, IsChecked) {
  Process process({.command = {Program("e2e_blocked_server")}});
  ASSERT_EQ(process.ReadLine(), "ready");
  std::string pid = std::to_string(process.pid());
  EXPECT_EQ(Seep({"report", pid, "--consistency", "perhaps"}).code, 2);
  EXPECT_EQ(Seep({"report", pid, "--consistency", "fork", "--max-pause", "soon"}).code, 3);
  Outcome refused = Seep({"report", pid, "--consistency", "fork", "--max-pause", "1us"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_NE(refused.err.find("--max-pause"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace seep::e2e
