// Large heaps of which little was ever touched: counted to the last block, and not a page of them
// comes into memory by that.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

struct SparseHeap {
  std::string name;
  std::vector<std::string> arguments;
  double objects = 0, blocks = 0;
  double bytes = 0;  // live, at least
  std::string preload = {};
};

class Sparse : public testing::TestWithParam<SparseHeap> {
 protected:
  // VmRSS, VmPTE and VmSwap.
  static std::string Figures(const Process& process) {
    std::ifstream status(process.Path("status"));
    std::string figures;
    for (std::string line; std::getline(status, line);) {
      bool wanted =
          line.starts_with("VmRSS") || line.starts_with("VmPTE") || line.starts_with("VmSwap");
      if (wanted) figures += line + "\n";
    }
    return figures;
  }
};

TEST_P(Sparse, IsCountedExactlyAndNotTouched) {
  const SparseHeap& heap = GetParam();
  if (heap.preload.ends_with("NOTFOUND")) GTEST_SKIP() << heap.name << " is not installed";
  Launch launch{.command = {Program("e2e_sparse_heap")}};
  launch.command.insert(launch.command.end(), heap.arguments.begin(), heap.arguments.end());
  if (!heap.preload.empty()) launch.environment.push_back("LD_PRELOAD=" + heap.preload);
  Process process(launch);
  ASSERT_EQ(process.ReadLine(), "ready");

  std::string before = Figures(process);
  auto start = std::chrono::steady_clock::now();
  json report = ReportOf(std::to_string(process.pid()));
  auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_EQ(Figures(process), before);

  EXPECT_EQ(ObjectsOf(report, "Small"), heap.objects);
  EXPECT_EQ(ObjectsOf(report, "Head"), heap.blocks);
  double live_bytes = 0;
  for (const json& row : report["allocators"]) {
    live_bytes += row["live_bytes"].get<double>();
    EXPECT_EQ(row["discrepancy"], 0) << row;
  }
  EXPECT_GE(live_bytes, heap.bytes);
  EXPECT_LT(live_bytes, heap.bytes * 1.26 + 4e6) << "no size class is coarser than a quarter";
  for (const json& row : report["dropped"]) {
    EXPECT_TRUE(row["what"] == "classes of blocks" || row["what"] == "blocks without a class")
        << row;
  }
  printf("  %s: %.2f GB live, %.0f MB resident, %.2f s\n", heap.name.c_str(), live_bytes / 1e9,
         report["process"]["rss"].get<double>() / 1e6, took);
}

SparseHeap OneLarge(std::string name, std::string preload = {}) {
  return {.name = "one_of_2200_mib_" + name,
          .arguments = {"--objects", "100000", "--one", "2200"},
          .objects = 100'000,
          .bytes = 100'000 * 16 + 2200.0 * 1024 * 1024,
          .preload = std::move(preload)};
}
SparseHeap FiveGigabytes(std::string name, std::string preload = {}) {
  return {.name = "five_gb_" + name,
          .arguments = {"--objects", "1000", "--blocks", "50000", "100000"},
          .objects = 1000,
          .blocks = 50'000,
          .bytes = 50'000 * 100'000.0,
          .preload = std::move(preload)};
}
// Of one block each.
SparseHeap ManySpans(std::string name, std::string preload = {}) {
  return {.name = "64k_spans_" + name,
          .arguments = {"--blocks", "70000", "8192"},
          .blocks = 70'000,
          .bytes = 70'000 * 8192.0,
          .preload = std::move(preload)};
}
SparseHeap GivenBack(std::string name, std::string preload = {}) {
  return {.name = "given_back_" + name,
          .arguments = {"--blocks", "9000", "120000", "--give-back"},
          .blocks = 9000,
          .bytes = 9000 * 120'000.0,
          .preload = std::move(preload)};
}

INSTANTIATE_TEST_SUITE_P(Of, Sparse,
                         testing::Values(OneLarge("glibc"), OneLarge("tcmalloc", SEEP_E2E_TCMALLOC),
                                         OneLarge("jemalloc", SEEP_E2E_JEMALLOC),
                                         OneLarge("mimalloc", SEEP_E2E_MIMALLOC),
                                         FiveGigabytes("glibc"),
                                         FiveGigabytes("tcmalloc", SEEP_E2E_TCMALLOC),
                                         FiveGigabytes("jemalloc", SEEP_E2E_JEMALLOC),
                                         FiveGigabytes("mimalloc", SEEP_E2E_MIMALLOC),
                                         ManySpans("tcmalloc", SEEP_E2E_TCMALLOC),
                                         GivenBack("glibc"),
                                         GivenBack("tcmalloc", SEEP_E2E_TCMALLOC),
                                         GivenBack("jemalloc", SEEP_E2E_JEMALLOC)),
                         [](const auto& heap) { return heap.param.name; });

}  // namespace
}  // namespace seep::e2e
