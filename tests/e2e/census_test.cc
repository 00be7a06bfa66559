// A census by the command line: the classes of a program that nobody prepared, under each allocator
// and however it was linked, are those that it made.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

struct Build {
  std::string name;
  std::string program;
  std::string preload = {};  // an allocator's library
  bool rtti = true;
};

class Census : public testing::TestWithParam<Build> {
 protected:
  static Launch LaunchOf(const Build& build, const std::string& truth) {
    Launch launch{.command = {Program(build.program), truth}};
    if (!build.preload.empty()) launch.environment.push_back("LD_PRELOAD=" + build.preload);
    return launch;
  }

  Scratch scratch_;
};

constexpr char kClosure[] = "common::MethodClosure<Handler, void, Env*>";

TEST_P(Census, CountsEveryObjectByClass) {
  const Build& build = GetParam();
  if (build.preload.ends_with("NOTFOUND")) GTEST_SKIP() << build.name << " is not installed";
  Process process(LaunchOf(build, scratch_ / "truth"));
  ASSERT_EQ(process.ReadLine(), "ready");
  CensusTruth truth = ReadCensusTruth(scratch_ / "truth");
  json report = ReportOf(std::to_string(process.pid()));

  ASSERT_EQ(report["allocators"].size(), build.preload.empty() ? 1u : report["allocators"].size());
  for (const json& allocator : report["allocators"]) {
    EXPECT_EQ(allocator["discrepancy"], 0) << allocator;
  }
  double arrays = static_cast<double>(truth.CountOf("Cell[]"));
  for (std::string name : {kClosure, "Both", "Diamond", "Session"}) {
    auto expected = static_cast<double>(truth.CountOf(name));
    if (build.rtti) {
      EXPECT_EQ(ObjectsOf(report, name), expected) << name;
    } else if (name != "Session") {  // its three forms have three vtables or none
      EXPECT_EQ(NamelessRowsOf(report, expected), 1) << name;
    }
  }
  if (build.rtti) {
    EXPECT_EQ(ObjectsOf(report, "Cell"), 5 * arrays);
    EXPECT_EQ(RowOf(report["base_classes"], "Left")["objects"]["value"],
              static_cast<double>(truth.CountOf("Both") + truth.CountOf("Diamond")));
    EXPECT_EQ(RowOf(report["base_classes"], "common::Closure<void, Env*>")["objects"]["value"],
              static_cast<double>(truth.CountOf(kClosure)));
  }
}

// Every live byte is in a row, and the memory adds up to what the kernel says.
TEST_P(Census, AddsUp) {
  const Build& build = GetParam();
  if (build.preload.ends_with("NOTFOUND")) GTEST_SKIP() << build.name << " is not installed";
  Process process(LaunchOf(build, scratch_ / "truth"));
  ASSERT_EQ(process.ReadLine(), "ready");
  json report = ReportOf(std::to_string(process.pid()));
  double in_rows = 0, live = 0;
  for (const json& row : report["classes"]) in_rows += row["bytes"]["value"].get<double>();
  for (const json& row : report["allocators"]) live += row["live_bytes"].get<double>();
  EXPECT_EQ(in_rows, live);
  EXPECT_GT(live, 600e6);

  double rss = report["process"]["rss"];
  json unaccounted;
  for (const json& row : report["accounting"]) {
    if (row["row"] == "unaccounted") unaccounted = row["resident"];
  }
  ASSERT_TRUE(unaccounted.is_number()) << report["accounting"];
  EXPECT_LT(std::abs(unaccounted.get<double>()), rss / 100) << report["accounting"];
}

// Twice into one file: one process, two snapshots.
TEST_P(Census, IsKept) {
  const Build& build = GetParam();
  if (build.preload.ends_with("NOTFOUND")) GTEST_SKIP() << build.name << " is not installed";
  Process process(LaunchOf(build, scratch_ / "truth"));
  ASSERT_EQ(process.ReadLine(), "ready");
  for (int i = 0; i < 2; ++i) {
    Outcome snap = Seep({"snap", std::to_string(process.pid()), "-o", scratch_ / "kept.seep"});
    ASSERT_EQ(snap.code, 0) << snap.err;
  }
  json live = ReportOf(std::to_string(process.pid()));
  process.Kill();
  json kept = ReportOf(scratch_ / "kept.seep");
  EXPECT_EQ(kept["classes"], live["classes"]);
  EXPECT_EQ(kept["allocators"], live["allocators"]);
}

// Both looks are kept, and what grew between them is said once.
TEST(Look, JsonHasTheSecondCountAndTheGrowth) {
  Scratch scratch;
  Process process({.command = {Program("census_truth"), scratch / "truth", "--largest", "40"}});
  ASSERT_EQ(process.ReadLine(), "ready");
  Outcome look = Seep(
      {std::to_string(process.pid()), "--interval", "0.1", "--json", "-o", scratch / "kept.seep"});
  ASSERT_EQ(look.code, 0) << look.err;
  json report = json::parse(look.out);
  EXPECT_GE(report["growth"]["seconds"], 0.1);
  EXPECT_EQ(report["growth"]["classes"].size(), 0u) << report["growth"] << ": it stood still";
  json kept = ReportOf(scratch / "kept.seep");
  EXPECT_EQ(kept["classes"], report["classes"]);
  EXPECT_EQ(kept["growth"], nullptr);
  Outcome once = Seep(
      {std::to_string(process.pid()), "--interval", "0", "--json", "-o", scratch / "kept.seep"});
  EXPECT_EQ(json::parse(once.out)["growth"], nullptr);
}

// Objects in a pool of the program's own: no allocator knows them.
TEST(CensusOutsideHeaps, CountsVtables) {
  Process process({.command = {Program("e2e_own_arena"), "30000"}});
  ASSERT_EQ(process.ReadLine(), "ready");
  json report = ReportOf(std::to_string(process.pid()));
  json row = RowOf(report["classes"], "Tenant");
  ASSERT_TRUE(row.is_object());
  EXPECT_EQ(row["objects"]["value"], 30000);
  EXPECT_EQ(row["form"], "raw count");
  EXPECT_EQ(report["allocators"].back()["kind"], "no known allocator");
}

INSTANTIATE_TEST_SUITE_P(
    Of, Census,
    testing::Values(Build{"glibc", "census_truth"},
                    Build{"glibc_stripped", "census_truth_stripped"},
                    Build{"glibc_static", "census_truth_static"},
                    Build{"glibc_no_rtti", "census_truth_no_rtti", "", false},
                    Build{"tcmalloc", "census_truth", SEEP_E2E_TCMALLOC},
                    Build{"tcmalloc_minimal", "census_truth_stripped", SEEP_E2E_TCMALLOC_MINIMAL},
                    Build{"jemalloc", "census_truth", SEEP_E2E_JEMALLOC},
                    Build{"jemalloc_no_rtti", "census_truth_no_rtti", SEEP_E2E_JEMALLOC, false},
                    Build{"mimalloc", "census_truth", SEEP_E2E_MIMALLOC}),
    [](const auto& build) { return build.param.name; });

}  // namespace
}  // namespace seep::e2e
