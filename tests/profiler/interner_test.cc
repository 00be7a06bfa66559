#include "profiler/interner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "base/mix.h"

namespace seep::profiler {
namespace {

// A dictionary of numbers, as its owners build theirs.
template <uint32_t kCapacity, uint32_t kCells>
class Numbers {
 public:
  uint32_t Intern(uint64_t key) { return InternAt(Mix64(key), key); }
  uint32_t InternAt(uint64_t hash, uint64_t key) {
    return index_.FindOrAdd(
        hash, [&](uint32_t id) { return keys_[id] == key; },
        [&](uint32_t id) {
          keys_[id] = key;
          return true;
        });
  }
  Interner<kCapacity, kCells>& index() { return index_; }

 private:
  Interner<kCapacity, kCells> index_{};
  uint64_t keys_[kCapacity] = {};
};

TEST(InternerTest, EqualKeysHaveOneId) {
  auto numbers = std::make_unique<Numbers<1024, 2048>>();
  std::set<uint32_t> ids;
  for (uint64_t key = 1; key <= 1000; ++key) ids.insert(numbers->Intern(key));
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_FALSE(ids.contains(0)) << "id 0 is reserved";
  for (uint64_t key = 1; key <= 1000; ++key) EXPECT_EQ(numbers->Intern(key), key);
  EXPECT_EQ(numbers->index().used(), 1001u);
}

TEST(InternerTest, IsFullOnceItsIdsAre) {
  auto numbers = std::make_unique<Numbers<64, 256>>();
  for (uint64_t key = 1; key < 64; ++key) EXPECT_EQ(numbers->Intern(key), key);
  for (uint64_t key = 64; key < 1000; ++key) EXPECT_EQ(numbers->Intern(key), 0u);
  for (uint64_t key = 1; key < 64; ++key) EXPECT_EQ(numbers->Intern(key), key) << "still found";
  EXPECT_EQ(numbers->index().used(), 64u);
}

// However badly the hashes fall, a lookup ends.
TEST(InternerTest, IsFullWhereTooManyHashesCollide) {
  auto numbers = std::make_unique<Numbers<512, 1024>>();
  uint64_t key = 1;
  while (numbers->InternAt(42, key) != 0) ++key;
  EXPECT_EQ(key, 257u);
  for (uint64_t other = 1; other < key; ++other) EXPECT_EQ(numbers->InternAt(42, other), other);
}

TEST(InternerTest, RecordThatCannotBeFilledIsNotPublished) {
  Interner<64, 256> index{};
  auto never = [](uint32_t) { return false; };
  EXPECT_EQ(index.FindOrAdd(7, never, never), 0u);
  bool asked = false;
  auto ask = [&](uint32_t) { return asked = true; };
  index.FindOrAdd(7, ask, [](uint32_t) { return true; });
  EXPECT_FALSE(asked) << "there was nothing to compare with";
}

TEST(InternerTest, ForgetsAllOnReset) {
  auto numbers = std::make_unique<Numbers<64, 256>>();
  for (uint64_t key = 1; key < 100; ++key) numbers->Intern(key);
  numbers->index().Reset();
  EXPECT_EQ(numbers->index().used(), 1u);
  EXPECT_EQ(numbers->Intern(1000), 1u);
}

// Four threads add the same keys at once, each in an order of its own.
TEST(InternerTest, EqualKeysOfConcurrentThreadsHaveOneId) {
  constexpr int kThreads = 4;
  constexpr uint64_t kKeys = 500;
  for (uint64_t round = 0; round < 40; ++round) {
    auto numbers = std::make_unique<Numbers<4096, 16384>>();
    std::vector<uint32_t> ids[kThreads];
    std::barrier start(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::vector<uint64_t> keys(kKeys);
        for (uint64_t i = 0; i < kKeys; ++i) keys[i] = i + 1;
        std::shuffle(keys.begin(), keys.end(),
                     std::mt19937_64(round * 4 + static_cast<uint64_t>(t) / 2));
        ids[t].resize(kKeys + 1);
        start.arrive_and_wait();
        for (uint64_t key : keys) ids[t][key] = numbers->Intern(key);
      });
    }
    for (auto& thread : threads) thread.join();
    for (int t = 1; t < kThreads; ++t) ASSERT_EQ(ids[t], ids[0]);
    ASSERT_EQ(std::set<uint32_t>(ids[0].begin() + 1, ids[0].end()).size(), kKeys);
  }
}

}  // namespace
}  // namespace seep::profiler
