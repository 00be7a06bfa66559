// mimalloc's heap from outside, in a program that knows every block of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "heap/mimalloc/find.h"
#include "heap/process_memory.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

struct Build {
  std::string name;
  std::string program = "census_truth";
  std::vector<std::string> arguments = {};
  std::string options = {};  // MALLOC_CONF
};

class CensusMimalloc : public testing::TestWithParam<Build> {};

TEST_P(CensusMimalloc, EveryBlockIsKnown) {
  const Build& build = GetParam();
  Scratch scratch;
  std::string truth_path = scratch / "truth";
  Launch launch{.command = {Program(build.program), truth_path}};
  launch.command.insert(launch.command.end(), build.arguments.begin(), build.arguments.end());
  launch.environment.push_back("MALLOC_CONF=" + build.options);
  if (build.program.find("mimalloc") == std::string::npos) {
    launch.environment.push_back("LD_PRELOAD=" SEEP_E2E_MIMALLOC);
  }
  Process process(launch);
  ASSERT_EQ(process.ReadLine(), "ready");
  process.Stop();

  absl::StatusOr<ProcessMemory> memory = ProcessMemory::Open(static_cast<uint32_t>(process.pid()));
  ASSERT_TRUE(memory.ok()) << memory.status();
  Target target{
      .memory = &*memory, .maps = *ReadMaps(static_cast<uint32_t>(process.pid())), .modules = {}};
  target.modules = FindModules(*memory, target.maps);
  std::vector<Dropped> dropped;
  std::vector<std::unique_ptr<AllocatorWalker>> walkers = FindMimalloc(target, &dropped);
  for (const Dropped& d : dropped) ADD_FAILURE() << d.what << ": " << d.why;
  ASSERT_EQ(walkers.size(), 1u);

  WalkedBlocks walked;
  MemoryWindow window(*memory);
  WalkedHeap heap = walkers[0]->Walk(window, walked.sink());
  CensusErrors errors = walked.Compare(ReadCensusTruth(truth_path));
  std::cout << walkers[0]->description() << ": " << errors.found << " found, " << errors.extra
            << " extra, " << heap.live_bytes << " bytes\n";
  for (const FreeBlocks& free : heap.free) {
    std::cout << "  " << free.where << ": " << free.blocks << ", " << free.bytes << " bytes\n";
  }
  for (const Dropped& d : heap.dropped)
    std::cout << "  " << d.count << " " << d.what << ": " << d.why << "\n";
  EXPECT_EQ(errors.missed, 0u);
  EXPECT_EQ(errors.too_small, 0u);
  EXPECT_EQ(errors.freed_counted, 0u);
  EXPECT_EQ(heap.discrepancy, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Builds, CensusMimalloc,
    testing::Values(Build{.name = "Preloaded"},
                    Build{.name = "Stripped", .program = "census_truth_stripped"},
                    Build{.name = "Over2GiB", .arguments = {"--mib", "2200"}}),
    [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace seep::e2e
