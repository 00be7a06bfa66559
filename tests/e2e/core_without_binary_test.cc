// Cores of programs whose binaries are gone, or have been replaced since: the count stands, the
// names are missing, and it is said which file had them.
#include <gtest/gtest.h>

#include <filesystem>

#include "heap/core/core_target.h"
#include "tests/e2e/support/classed_heap.h"
#include "tests/e2e/support/cores.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

constexpr char kClosure[] = "common::MethodClosure<Handler, void, Env*>";

struct Allocator {
  std::string name;
  std::string library;
};

class CoreWithoutBinary : public testing::TestWithParam<Allocator> {
 protected:
  void SetUp() override {
    const Allocator& allocator = GetParam();
    if (allocator.library.ends_with("NOTFOUND")) GTEST_SKIP() << "not installed";
    std::filesystem::copy_file(Program("census_truth_stripped"), program_);
    // gdb writes out also what was never touched.
    Launch launch{.command = {program_, scratch_ / "truth", "--largest", "40"}};
    if (!allocator.library.empty()) launch.environment = {"LD_PRELOAD=" + allocator.library};
    Process process(launch);
    ASSERT_EQ(process.ReadLine(), "ready");
    truth_ = ReadCensusTruth(scratch_ / "truth");
    std::optional<std::string> core = CoreByGdb(process, scratch_);
    if (!core) GTEST_SKIP() << "no gcore here";
    core_ = *core;
  }

  // Every block is known, and every class by its vtable.
  void ExpectCounted(const ModuleFileOptions& options) {
    auto core = CoreTarget::Open(core_, options);
    ASSERT_TRUE(core.ok()) << core.status();
    ClassedHeap heap = ReadHeap((*core)->target());
    CensusErrors errors = heap.walked.Compare(truth_);
    EXPECT_EQ(errors.missed, 0u);
    EXPECT_EQ(errors.freed_counted, 0u);
    EXPECT_EQ(WrongClasses(heap, truth_, /*rtti=*/false), 0u);
    EXPECT_EQ(heap.discrepancy, 0u);
  }

  json Report(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"report", core_, "--json"});
    Outcome outcome = Seep(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  }

  static bool Drops(const json& report, const std::string& why) {
    for (const json& row : report["dropped"]) {
      bool is_file = row["what"] == "module files";
      if (is_file && row["why"].get<std::string>().find(why) != std::string::npos) return true;
    }
    return false;
  }

  Scratch scratch_;
  std::string program_ = scratch_ / "server";
  std::string core_;
  CensusTruth truth_;
};

TEST_P(CoreWithoutBinary, CountsByVtable) {
  auto closures = static_cast<double>(truth_.CountOf(kClosure));
  json whole = Report();
  EXPECT_EQ(ObjectsOf(whole, kClosure), closures);
  EXPECT_FALSE(Drops(whole, program_)) << whole["dropped"];

  std::filesystem::remove(program_);
  json gone = Report();
  EXPECT_EQ(ObjectsOf(gone, kClosure), 0);
  EXPECT_EQ(NamelessRowsOf(gone, closures), 1);
  EXPECT_TRUE(Drops(gone, program_)) << gone["dropped"];
  ExpectCounted({});

  std::filesystem::copy_file(Program("census_truth"), program_);
  json replaced = Report();
  EXPECT_EQ(NamelessRowsOf(replaced, closures), 1);
  EXPECT_TRUE(Drops(replaced, "another build")) << replaced["dropped"];
  ExpectCounted({});
}

// Looked at on another machine, which has not one of the files.
TEST_P(CoreWithoutBinary, CountsWithoutAnyFile) {
  std::string nothing = scratch_ / "nothing";
  json report = Report({"--sysroot", nothing});
  EXPECT_EQ(NamelessRowsOf(report, static_cast<double>(truth_.CountOf(kClosure))), 1);
  EXPECT_TRUE(Drops(report, "libstdc++")) << report["dropped"];
  ExpectCounted({.sysroot = nothing, .debug_directories = {}});
}

INSTANTIATE_TEST_SUITE_P(Under, CoreWithoutBinary,
                         testing::Values(Allocator{"glibc", ""},
                                         Allocator{"tcmalloc", SEEP_E2E_TCMALLOC},
                                         Allocator{"tcmalloc_minimal", SEEP_E2E_TCMALLOC_MINIMAL},
                                         Allocator{"jemalloc", SEEP_E2E_JEMALLOC},
                                         Allocator{"mimalloc", SEEP_E2E_MIMALLOC}),
                         [](const auto& allocator) { return allocator.param.name; });

}  // namespace
}  // namespace seep::e2e
