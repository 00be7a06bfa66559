// jemalloc's heap, damaged in a few words at a time: the walk ends, and keeps what it promises.
#include <gtest/gtest.h>

#include <random>

#include "heap/jemalloc/find.h"
#include "tests/heap/fuzz_rounds.h"
#include "tests/heap/jemalloc_fixture.h"
#include "tests/heap/walk_invariants.h"

namespace seep {
namespace {

using testing::JemallocFixture;

TEST(JemallocHostile, AnyDamageIsSurvived) {
  std::mt19937_64 random(20);
  uint64_t rounds = testing::FuzzRounds(5000), found = 0, complained = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    JemallocFixture fixture(jemalloc::kFormats[round % 2], jemalloc::kShapes[round / 2 % 2]);
    std::vector<uint64_t> places = fixture.memory.SetWords();
    testing::Damage(fixture.memory, places, random);
    std::vector<Dropped> dropped;
    for (auto& walker : FindJemalloc(fixture.target, &dropped)) {
      WalkedHeap heap = testing::WalkAndCheck(*walker, fixture.memory);
      ++found;
      complained += !heap.dropped.empty() || heap.discrepancy > 0;
    }
  }
  EXPECT_GT(found, rounds / 2);
  EXPECT_GT(complained, found / 20);
}

}  // namespace
}  // namespace seep
