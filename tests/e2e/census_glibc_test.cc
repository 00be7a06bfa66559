// glibc's heap read from outside, compared with what the program says of itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "heap/glibc/find.h"
#include "heap/process_memory.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"

namespace seep::e2e {
namespace {

struct Census {
  WalkedHeap heap;
  CensusErrors errors;
  std::vector<Dropped> not_found;
  size_t walkers = 0;
};

std::string Text(const std::vector<Dropped>& dropped) {
  std::string text;
  for (const Dropped& d : dropped) {
    text += d.what + ": " + std::to_string(d.count) + " (" + d.why + ")\n";
  }
  return text;
}

Census TakeCensus(pid_t pid, const std::string& truth) {
  Census census;
  absl::StatusOr<ProcessMemory> memory = ProcessMemory::Open(static_cast<uint32_t>(pid));
  absl::StatusOr<std::vector<Mapping>> maps = ReadMaps(static_cast<uint32_t>(pid));
  EXPECT_TRUE(memory.ok() && maps.ok());
  Target target{&*memory, *maps, FindModules(*memory, *maps)};
  auto walkers = FindGlibcMalloc(target, &census.not_found);
  census.walkers = walkers.size();
  if (walkers.size() != 1) return census;
  MemoryWindow window(*memory);
  WalkedBlocks blocks;
  census.heap = walkers[0]->Walk(window, blocks.sink());
  EXPECT_EQ(blocks.blocks().size(), census.heap.live_blocks);
  census.errors = blocks.Compare(ReadCensusTruth(truth));
  std::cout << walkers[0]->description() << ": " << census.errors.found << " found, "
            << census.errors.extra << " extra, read " << window.bytes_read() << "\n";
  for (const FreeBlocks& f : census.heap.free) {
    std::cout << "  " << f.where << ": " << f.blocks << ", " << f.bytes << " bytes\n";
  }
  return census;
}

void ExpectExact(const Census& census) {
  ASSERT_EQ(census.walkers, 1u);
  EXPECT_EQ(census.errors.missed, 0u);
  EXPECT_EQ(census.errors.too_small, 0u);
  EXPECT_EQ(census.errors.freed_counted, 0u);
  EXPECT_LE(census.errors.extra, 30u);
  EXPECT_EQ(census.heap.discrepancy, 0u);
  EXPECT_EQ(Text(census.heap.dropped), "");
  EXPECT_EQ(Text(census.not_found), "");
}

struct Variant {
  std::string name;
  std::string program = "census_truth";
  std::vector<std::string> arguments = {};
  std::string tunables = {};
};

class GlibcCensus : public testing::TestWithParam<Variant> {};

TEST_P(GlibcCensus, IsExactInAStoppedProcess) {
  std::string truth = testing::TempDir() + "/census_glibc_" + GetParam().name;
  Launch launch{.command = {Program(GetParam().program), truth}};
  for (const std::string& argument : GetParam().arguments) launch.command.push_back(argument);
  if (!GetParam().tunables.empty()) {
    launch.environment.push_back("GLIBC_TUNABLES=" + GetParam().tunables);
  }
  Process process(launch);
  ASSERT_EQ(process.ReadLine(), "ready");
  process.Stop();
  ExpectExact(TakeCensus(process.pid(), truth));
  std::filesystem::remove(truth);
}

class GlibcCorners : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(GlibcCorners, AreExactInAStoppedProcess) {
  std::string truth = testing::TempDir() + "/census_glibc_corners";
  Launch launch{.command = {Program("e2e_glibc_corners"), truth}};
  for (const std::string& mode : GetParam()) launch.command.push_back(mode);
  Process process(launch);
  pid_t pid = std::stoi(process.ReadLine());  // it may have forked
  ASSERT_GT(pid, 1);
  // It waits for the end of its input: nothing in it moves.
  ExpectExact(TakeCensus(pid, truth));
  std::filesystem::remove(truth);
}

using Modes = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(Modes, GlibcCorners,
                         testing::Values(Modes{"foreign_sbrk"}, Modes{"blocked_break"},
                                         Modes{"aligned"}, Modes{"resized"}, Modes{"forked"},
                                         Modes{"foreign_sbrk", "blocked_break", "aligned",
                                               "resized"}));

INSTANTIATE_TEST_SUITE_P(
    Programs, GlibcCensus,
    testing::Values(Variant{"dynamic"}, Variant{"stripped", "census_truth_stripped"},
                    Variant{"no_rtti", "census_truth_no_rtti"},
                    Variant{"static", "census_truth_static"},
                    Variant{.name = "huge_block", .arguments = {"--mib", "2200"}},
                    Variant{.name = "many_objects", .arguments = {"--objects", "20000"}}),
    [](const auto& variant) { return variant.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Tunables, GlibcCensus,
    testing::Values(
        Variant{.name = "mmap_threshold", .tunables = "glibc.malloc.mmap_threshold=4096"},
        Variant{.name = "no_mmap", .tunables = "glibc.malloc.mmap_threshold=4294967296"},
        Variant{.name = "one_arena", .tunables = "glibc.malloc.arena_max=1"},
        Variant{.name = "three_arenas", .tunables = "glibc.malloc.arena_max=3"},
        Variant{.name = "no_tcache", .tunables = "glibc.malloc.tcache_count=0"},
        Variant{.name = "large_tcache", .tunables = "glibc.malloc.tcache_count=2000"},
        Variant{.name = "small_tcache", .tunables = "glibc.malloc.tcache_max=100"},
        Variant{.name = "no_fast_bins", .tunables = "glibc.malloc.mxfast=0"},
        Variant{.name = "large_fast_bins", .tunables = "glibc.malloc.mxfast=160"},
        Variant{.name = "hugetlb", .tunables = "glibc.malloc.hugetlb=1"},
        Variant{.name = "hugetlb_2", .tunables = "glibc.malloc.hugetlb=2"}),
    [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace seep::e2e
