// The census held against programs that know their heap: under every allocator, however the program
// was built, and by every way of reading it, no live block is missed, no freed one is counted, no
// class is wrong.
//
// A run takes one way for each allocator and build, such that each allocator and each build are
// read by every way. SEEP_TEST_MATRIX=full takes all ways of all, with blocks of up to 600 MB.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "heap/core/core_target.h"
#include "heap/freeze/forked_copy.h"
#include "heap/freeze/stopped_process.h"
#include "heap/live_target.h"
#include "tests/e2e/support/classed_heap.h"
#include "tests/e2e/support/cores.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

struct Allocator {
  const char* name;
  const char* library;         // to preload; "": glibc's own
  const char* static_program;  // "": there is no static library
};
constexpr Allocator kAllocators[] = {
    {"glibc", "", "census_truth_static"},
    {"tcmalloc", SEEP_E2E_TCMALLOC, SEEP_E2E_TCMALLOC_STATIC},
    {"tcmalloc_minimal", SEEP_E2E_TCMALLOC_MINIMAL, SEEP_E2E_TCMALLOC_MINIMAL_STATIC},
    {"jemalloc", SEEP_E2E_JEMALLOC, SEEP_E2E_JEMALLOC_STATIC},
    {"mimalloc", SEEP_E2E_MIMALLOC, ""}};

struct Build {
  const char* name;
  const char* program;  // "": see Allocator
};
constexpr Build kDynamic{"dynamic", "census_truth"};
constexpr Build kBuilds[] = {kDynamic,
                             {"static", ""},
                             {"stripped", "census_truth_stripped"},
                             {"no_rtti", "census_truth_no_rtti"}};

constexpr const char* kWays[] = {"stop", "fork", "gcore", "kernel_core"};

struct Cell {
  std::string name, program, preload, way;
  bool rtti = true;
};

bool IsFull() {
  const char* wanted = std::getenv("SEEP_TEST_MATRIX");
  return wanted != nullptr && std::string_view(wanted) == "full";
}

std::vector<Cell> Cells() {
  std::vector<Cell> cells;
  for (size_t a = 0; a < std::size(kAllocators); ++a) {
    for (size_t b = 0; b < std::size(kBuilds); ++b) {
      for (size_t w = 0; w < std::size(kWays); ++w) {
        const Allocator& allocator = kAllocators[a];
        bool is_static = *kBuilds[b].program == '\0';
        bool impossible = is_static && *allocator.static_program == '\0';
        if (IsFull() ? impossible : (a + b) % std::size(kWays) != w) continue;
        const Build& build = impossible ? kDynamic : kBuilds[b];
        bool linked = is_static && !impossible;
        cells.push_back({.name = std::string(allocator.name) + "_" + build.name + "_" + kWays[w],
                         .program = linked ? allocator.static_program : build.program,
                         .preload = linked ? "" : allocator.library,
                         .way = kWays[w],
                         .rtti = std::string_view(build.name) != "no_rtti"});
      }
    }
  }
  return cells;
}

class CensusMatrix : public testing::TestWithParam<Cell> {
 protected:
  Launch LaunchOf(const Cell& cell) const {
    Launch launch{.command = {Program(cell.program), scratch_ / "truth"}};
    // gdb writes out also what was never touched.
    if (!IsFull()) launch.command.insert(launch.command.end(), {"--largest", "40"});
    if (!cell.preload.empty()) launch.environment.push_back("LD_PRELOAD=" + cell.preload);
    MayLeaveCore(scratch_, &launch);
    return launch;
  }

  // Fills heap_, and report_ by the command line.
  void ReadStopped(uint32_t pid) {
    absl::StatusOr<StoppedProcess> stopped = StoppedProcess::Stop(pid, kPatience);
    ASSERT_TRUE(stopped.ok()) << stopped.status();
    auto live = LiveTarget::Open(pid);
    ASSERT_TRUE(live.ok()) << live.status();
    heap_ = ReadHeap((*live)->target());
    auto pause = stopped->Resume();
    ASSERT_TRUE(pause.ok()) << pause.status();
    EXPECT_TRUE(pause->whole);
    Report({std::to_string(pid), "--consistency", "stop", "--max-pause", "60s"});
  }

  void ReadCopy(uint32_t pid) {
    absl::StatusOr<ForkedCopy> copy = ForkedCopy::Fork(pid, {.max_pause = kPatience});
    ASSERT_TRUE(copy.ok()) << copy.status();
    auto live = LiveTarget::Open(pid, {.copy = copy->pid()});
    ASSERT_TRUE(live.ok()) << live.status();
    heap_ = ReadHeap((*live)->target());
    EXPECT_TRUE(copy->Close().ok());
    Report({std::to_string(pid), "--consistency", "fork", "--max-pause", "60s"});
  }

  void ReadCore(const std::string& path) {
    auto core = CoreTarget::Open(path);
    ASSERT_TRUE(core.ok()) << core.status();
    heap_ = ReadHeap((*core)->target());
    for (const Dropped& dropped : (*core)->dropped()) {
      ADD_FAILURE() << dropped.what << ": " << dropped.count << ", " << dropped.why;
    }
    Report({path});
  }

  void Report(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"report", "--json"});
    Outcome outcome = Seep(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    report_ = json::parse(outcome.out);
  }

  Scratch scratch_;
  ClassedHeap heap_;
  json report_;
};

TEST_P(CensusMatrix, IsExact) {
  const Cell& cell = GetParam();
  if (cell.preload.ends_with("NOTFOUND")) GTEST_SKIP() << "not installed";
  Process process(LaunchOf(cell));
  ASSERT_EQ(process.ReadLine(), "ready");
  CensusTruth truth = ReadCensusTruth(scratch_ / "truth");

  auto pid = static_cast<uint32_t>(process.pid());
  if (cell.way == "stop") ReadStopped(pid);
  if (cell.way == "fork") ReadCopy(pid);
  if (cell.way.ends_with("core")) {
    auto core =
        cell.way == "gcore" ? CoreByGdb(process, scratch_) : CoreByKernel(process, scratch_);
    if (!core) GTEST_SKIP() << "no such core can be had here";
    ReadCore(*core);
  }
  if (HasFatalFailure()) return;

  CensusErrors errors = heap_.walked.Compare(truth);
  uint64_t wrong = WrongClasses(heap_, truth, cell.rtti);
  std::cout << cell.name << ": " << errors.found << " live, " << errors.missed << " missed, "
            << truth.freed.size() << " freed, " << errors.freed_counted << " of them counted, "
            << wrong << " wrong classes\n";
  EXPECT_EQ(errors.missed, 0u);
  EXPECT_EQ(errors.too_small, 0u);
  EXPECT_EQ(errors.freed_counted, 0u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(heap_.discrepancy, 0u);

  for (const json& allocator : report_["allocators"]) EXPECT_EQ(allocator["discrepancy"], 0);
  for (std::string name : {"common::MethodClosure<Handler, void, Env*>", "Both", "Diamond"}) {
    auto expected = static_cast<double>(truth.CountOf(name));
    if (cell.rtti) {
      EXPECT_EQ(ObjectsOf(report_, name), expected) << name;
    } else {
      EXPECT_EQ(NamelessRowsOf(report_, expected), 1) << name;
    }
  }
  double in_rows = 0, live = 0;
  for (const json& row : report_["classes"]) in_rows += row["bytes"]["value"].get<double>();
  for (const json& row : report_["allocators"]) live += row["live_bytes"].get<double>();
  EXPECT_EQ(in_rows, live) << "every live byte is in a row";
}

INSTANTIATE_TEST_SUITE_P(Of, CensusMatrix, testing::ValuesIn(Cells()),
                         [](const auto& cell) { return cell.param.name; });

}  // namespace
}  // namespace seep::e2e
