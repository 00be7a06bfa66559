// When samples are looked at for their class, and that none is forgotten.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include "profiler/class_store.h"
#include "profiler/clock.h"
#include "profiler/module_table.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/samples.h"

namespace seep::profiler {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

struct Animal {
  virtual ~Animal() = default;
};

TEST(StampTest, LooksAfterTenMillisecondsAndAfterASecond) {
  InChild([] {
    Insert(0x1000, 0, 1, 5 * kSecond);
    auto stamps = [] { return SlotOf(0x1000).record.stamps; };
    StampDueSamples(5 * kSecond + 9 * kMillisecond);
    EXPECT_EQ(stamps(), 0);
    StampDueSamples(5 * kSecond + 10 * kMillisecond);
    EXPECT_EQ(stamps(), 1);
    StampDueSamples(5 * kSecond + 999 * kMillisecond);
    EXPECT_EQ(stamps(), 1);
    StampDueSamples(6 * kSecond);
    EXPECT_EQ(stamps(), 2);
    EXPECT_EQ(CounterValue(recording::kStamps), 2u);
  });
}

// A thread reads the clock, is late, and meets a sample that another thread has made since.
TEST(StampTest, SampleFromTheFutureIsNotOld) {
  InChild([] {
    Insert(0x1000, 0, 1, 5 * kSecond);
    StampDueSamples(5 * kSecond - 1);
    EXPECT_EQ(SlotOf(0x1000).record.stamps, 0);
  });
}

TEST(StampTest, FindsTheVtableAmongTheFirstEightWords) {
  InChild([] {
    ScanInitialModules();
    Animal animal;
    uintptr_t vptr = 0;
    memcpy(&vptr, static_cast<void*>(&animal), sizeof(vptr));
    alignas(16) static uintptr_t blocks[9][16];
    for (uint32_t word = 0; word < 9; ++word) {
      blocks[word][word] = vptr;
      Insert(reinterpret_cast<uintptr_t>(blocks[word]), 8 * word + 8, 1);
    }
    while (CounterValue(recording::kStamps) < 9) StampDueSamples(kSecond + 10 * kMillisecond);
    for (uint32_t word = 0; word < 8; ++word) {
      const auto& record = SlotOf(reinterpret_cast<uintptr_t>(blocks[word])).record;
      EXPECT_NE(record.klass, 0u) << word;
      EXPECT_EQ(record.class_word, word);
    }
    EXPECT_EQ(SlotOf(reinterpret_cast<uintptr_t>(blocks[8])).record.klass, 0u);
  });
}

// A class is known, and nothing of the block is read, only as far as the block goes.
TEST(StampTest, ReadsNothingBehindTheBlock) {
  InChild([] {
    ScanInitialModules();
    Animal animal;
    alignas(16) static uintptr_t words[2];
    memcpy(&words[1], static_cast<void*>(&animal), sizeof(words[1]));
    Insert(reinterpret_cast<uintptr_t>(words), 15);
    StampDueSamples(2 * kSecond);
    EXPECT_EQ(SlotOf(reinterpret_cast<uintptr_t>(words)).record.klass, 0u);
  });
}

// Threads that look at the same queue get into each other's way, but pass no sample over.
TEST(StampTest, ConcurrentThreadsPassNoneOver) {
  InChild([] {
    constexpr uintptr_t kSamples = 20'000;
    std::atomic<uint64_t> now{kSecond};
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        while (!done) StampDueSamples(now.load());
      });
    }
    // A time in which every sample is looked at before it is due, too.
    for (uintptr_t i = 1; i <= kSamples; ++i) {
      Insert(i * 64, 0, 1, now.load());
      if (i % 8 == 0) now += 3 * kMillisecond;
    }
    now += 10 * kSecond;
    // A call stops where it meets another thread at work, so there is no telling how many it takes.
    for (uintptr_t i = 0; i < 1000 * kSamples; ++i) {
      if (CounterValue(recording::kStamps) >= 2 * kSamples) break;
      StampDueSamples(now.load());
    }
    done = true;
    for (auto& thread : threads) thread.join();
    uint32_t never = 0, once = 0;
    for (uintptr_t i = 1; i <= kSamples; ++i) {
      never += SlotOf(i * 64).record.stamps == 0;
      once += SlotOf(i * 64).record.stamps == 1;
    }
    EXPECT_EQ(never, 0u) << "of " << kSamples;
    EXPECT_EQ(once, 0u) << "of " << kSamples;
    EXPECT_EQ(CounterValue(recording::kStamps), 2 * kSamples) << "none twice for the same reason";
  });
}

constexpr uintptr_t kBlocks = 64;
std::atomic<int> g_owned[kBlocks + 1];  // 1: allocated
void FreeBlock(void* block) {
  EXPECT_EQ(g_owned[reinterpret_cast<uintptr_t>(block) / 64].exchange(0), 1) << "freed twice";
}

// Who frees a block, the program or a stamper, frees it once.
TEST(StampTest, EveryBlockIsFreedOnce) {
  InChild([] {
    SetFreeBlock(FreeBlock);
    std::atomic<bool> done{false};
    std::thread stamper([&] {
      while (!done) StampDueSamples(3600 * kSecond);
    });
    uint64_t handed = 0;
    for (uint64_t i = 0; i < 400'000; ++i) {
      uintptr_t block = 64 * (1 + i % kBlocks);
      if (g_owned[block / 64].exchange(1) == 1) continue;  // a stamper has not freed it yet
      Insert(block);
      if (i % 3 == 0) StampDueSamples(3600 * kSecond);
      Release release = ReleaseSample(block);
      ASSERT_NE(release, Release::kNotSampled);
      handed += release == Release::kHandedOver;
      if (release == Release::kReleased) FreeBlock(reinterpret_cast<void*>(block));
    }
    done = true;
    stamper.join();
    EXPECT_EQ(handed, CounterValue(recording::kHandedFrees));
    EXPECT_EQ(SlotsNotEmpty(), 0u);
    for (auto& owned : g_owned) EXPECT_EQ(owned.load(), 0);
  });
}

}  // namespace
}  // namespace seep::profiler
