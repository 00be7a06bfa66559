// The memory of real processes, one for each allocator, copied once and damaged in a few words at a
// time: every walk ends soon, and hands out no block twice.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "heap/live_target.h"
#include "tests/heap/child_process.h"
#include "tests/heap/fuzz_rounds.h"
#include "tests/heap/walk_invariants.h"
#include "tests/heap/word_memory.h"

namespace seep {
namespace {

using testing::WordMemory;
using Clock = std::chrono::steady_clock;

struct Allocator {
  std::string name;
  std::string library;  // empty: of libc
};

constexpr uint64_t kPage = 4096;

class RealHeap : public ::testing::TestWithParam<Allocator> {
 protected:
  void SetUp() override {
    if (GetParam().library.ends_with("NOTFOUND")) GTEST_SKIP() << "it is not installed";
    if (!GetParam().library.empty()) setenv("LD_PRELOAD", GetParam().library.c_str(), 1);
    testing::ChildProcess child(PROGRAMS "busy_heap");
    unsetenv("LD_PRELOAD");
    ASSERT_TRUE(child.ready());
    auto live = LiveTarget::Open(child.pid());
    ASSERT_TRUE(live.ok()) << live.status();
    Copy((*live)->target());
  }

  void Copy(const Target& live) {
    target_ = live;
    target_.memory = &memory_;
    for (const Mapping& mapping : live.maps) {
      for (Address at = mapping.range.begin; at < mapping.range.end; at = at + kPage) {
        std::array<uint64_t, kPage / 8> words;
        std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(words.data()), kPage);
        if (live.memory->Read(at, bytes) == kPage) memory_.SetPage(at.value(), words);
      }
    }
    for (uint64_t place : memory_.SetWords()) {
      const Mapping* mapping = FindMapping(target_.maps, Address(place));
      if (mapping->writable && !mapping->path.starts_with("[stack")) places_.push_back(place);
    }
  }

  struct Walked {
    uint64_t heaps = 0, live = 0, doubts = 0;
  };
  Walked Walk() {
    Walked walked;
    std::vector<Dropped> dropped;
    for (auto& walker : FindAllocators(target_, &dropped)) {
      WalkedHeap heap = testing::WalkAndCheckApart(*walker, memory_);
      ++walked.heaps;
      walked.live += heap.live_blocks;
      walked.doubts += heap.dropped.size() + heap.discrepancy;
    }
    walked.doubts += dropped.size();
    return walked;
  }

  WordMemory memory_;
  Target target_;
  std::vector<uint64_t> places_;  // words that are not zero, and that the process may write
};

TEST_P(RealHeap, AnyDamageIsSurvived) {
  Walked whole = Walk();
  EXPECT_EQ(whole.heaps, 1u);
  EXPECT_GT(whole.live, 4000u);
  EXPECT_EQ(whole.doubts, 0u);

  std::mt19937_64 random(30);
  uint64_t rounds = testing::FuzzRounds(200), found = 0, doubted = 0;
  Clock::duration longest{};
  for (uint64_t round = 0; round < rounds; ++round) {
    std::vector<testing::DamagedWord> damaged;
    for (uint64_t words = uint64_t{1} << random() % 11; words > 0; words /= 2) {
      auto more = testing::Damage(memory_, places_, random);
      damaged.insert(damaged.end(), more.begin(), more.end());
    }
    Clock::time_point start = Clock::now();
    Walked walked = Walk();
    longest = std::max(longest, Clock::now() - start);
    found += walked.live > 0;
    doubted += walked.doubts > 0;
    testing::Repair(memory_, damaged);
  }
  double seconds = std::chrono::duration<double>(longest).count();
  printf("  %lu damaged heaps, %lu walked, %lu said so, longest %.3f s\n", rounds, found, doubted,
         seconds);
  EXPECT_GT(found, rounds / 2);
  EXPECT_GT(doubted, rounds / 20);
  EXPECT_LT(seconds, 10);
  EXPECT_EQ(Walk().live, whole.live) << "all damage was repaired";
}

INSTANTIATE_TEST_SUITE_P(Of, RealHeap,
                         ::testing::Values(Allocator{"glibc", ""},
                                           Allocator{"tcmalloc", SEEP_TCMALLOC_LIBRARY},
                                           Allocator{"jemalloc", SEEP_JEMALLOC_LIBRARY},
                                           Allocator{"mimalloc", SEEP_MIMALLOC_LIBRARY}),
                         [](const auto& allocator) { return allocator.param.name; });

}  // namespace
}  // namespace seep
