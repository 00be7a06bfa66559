#include "tests/e2e/support/census_walk.h"

#include <gtest/gtest.h>

#include <iostream>

#include "heap/process_memory.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

void Print(const AllocatorWalker& walker, const WalkedHeap& heap, const CensusErrors& errors) {
  std::cout << walker.description() << ": " << errors.found << " found, " << errors.extra
            << " extra, " << heap.live_bytes << " bytes\n";
  for (const FreeBlocks& free : heap.free) {
    std::cout << "  " << free.where << ": " << free.blocks << ", " << free.bytes << " bytes\n";
  }
  for (const Dropped& dropped : heap.dropped) {
    std::cout << "  " << dropped.count << " " << dropped.what << ": " << dropped.why << "\n";
  }
}

void ExpectSorted(const std::vector<AddressRange>& ranges) {
  for (size_t i = 0; i + 1 < ranges.size(); ++i) {
    EXPECT_LE(ranges[i].end, ranges[i + 1].begin);
  }
}

}  // namespace

void ExpectExactWalk(Launch launch, const FindWalkers& find, uint64_t retaken) {
  Scratch scratch;
  std::string truth_path = scratch / "truth";
  launch.command.insert(launch.command.begin() + 1, truth_path);
  Process process(launch);
  ASSERT_EQ(process.ReadLine(), "ready");
  process.Stop();

  auto pid = static_cast<uint32_t>(process.pid());
  absl::StatusOr<ProcessMemory> memory = ProcessMemory::Open(pid);
  ASSERT_TRUE(memory.ok()) << memory.status();
  Target target{.memory = &*memory, .maps = *ReadMaps(pid), .modules = {}};
  target.modules = FindModules(*memory, target.maps);
  std::vector<Dropped> dropped;
  std::vector<std::unique_ptr<AllocatorWalker>> walkers = find(target, &dropped);
  for (const Dropped& d : dropped) ADD_FAILURE() << d.what << ": " << d.why;
  ASSERT_EQ(walkers.size(), 1u);

  WalkedBlocks walked;
  MemoryWindow window(*memory);
  WalkedHeap heap = walkers[0]->Walk(window, walked.sink());
  CensusErrors errors = walked.Compare(ReadCensusTruth(truth_path));
  Print(*walkers[0], heap, errors);
  EXPECT_EQ(errors.missed, 0u);
  EXPECT_EQ(errors.too_small, 0u);
  EXPECT_LE(errors.freed_counted, retaken);
  EXPECT_EQ(heap.discrepancy, 0u);
  EXPECT_EQ(heap.live_blocks, walked.blocks().size());
  ExpectSorted(heap.heap);
  ExpectSorted(heap.metadata);
}

}  // namespace seep::e2e
