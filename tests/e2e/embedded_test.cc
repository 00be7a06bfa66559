// Objects inside of blocks are counted apart from those at their heads, each once.
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

struct Allocator {
  const char* name;
  const char* library;
};

class Embedded : public testing::TestWithParam<Allocator> {};

// Of a class, over all forms that its rows have.
struct Counts {
  double objects = 0;
  double embedded = 0;
};
Counts Of(const json& report, const std::string& name) {
  Counts counts;
  for (const json& row : report["classes"]) {
    if (!row["name"].get<std::string>().ends_with("::" + name)) continue;
    counts.objects += row["objects"]["value"].get<double>();
    counts.embedded += row["embedded"].get<double>();
  }
  return counts;
}

void ExpectTruth(const json& report) {
  Counts job = Of(report, "Job"), part = Of(report, "Part"), owner = Of(report, "Owner");
  EXPECT_EQ(job.objects, 100 + 10 + 30);
  EXPECT_EQ(job.embedded, 10 * 999 + 50);
  EXPECT_EQ(part.objects, 40);
  EXPECT_EQ(part.embedded, 60);
  EXPECT_EQ(owner.objects, 20);
  EXPECT_EQ(owner.embedded, 0);
  EXPECT_EQ(Of(report, "Timed").embedded, 0) << "a base is not an object of its own";
  for (const json& row : report["base_classes"]) {
    if (!row["name"].get<std::string>().ends_with("::Timed")) continue;
    EXPECT_EQ(row["embedded"], 10 * 999 + 50);
    EXPECT_EQ(row["objects"]["value"], 140);
  }
}

TEST_P(Embedded, AreCountedApartAndOnce) {
  if (std::string(GetParam().library).ends_with("NOTFOUND")) GTEST_SKIP();
  Launch launch{.command = {Program("e2e_embedded")}};
  if (*GetParam().library)
    launch.environment.push_back(std::string("LD_PRELOAD=") + GetParam().library);
  Process program(launch);
  ASSERT_EQ(program.ReadLine(), "ready");
  std::string pid = std::to_string(program.pid());
  Scratch scratch;
  std::string kept = scratch / "kept.seep";
  Outcome snap = Seep({"snap", pid, "--embedded", "-o", kept});
  ASSERT_EQ(snap.code, 0) << snap.err;
  ExpectTruth(ReportOf(kept));
  Outcome text = Seep({"report", kept});
  EXPECT_NE(text.out.find("embedded"), std::string::npos) << text.out;
  EXPECT_FALSE(ReportOf(pid)["classes"][0].contains("embedded")) << "nobody asked";
}

INSTANTIATE_TEST_SUITE_P(Over, Embedded,
                         testing::Values(Allocator{"glibc", ""},
                                         Allocator{"tcmalloc", SEEP_E2E_TCMALLOC},
                                         Allocator{"jemalloc", SEEP_E2E_JEMALLOC}),
                         [](const auto& allocator) { return allocator.param.name; });

}  // namespace
}  // namespace seep::e2e
