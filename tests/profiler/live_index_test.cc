// The index of live samples against a map that is plainly right.
#include "profiler/live_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <unordered_map>
#include <vector>

#include "profiler/limits.h"

namespace seep::profiler {
namespace {

uint64_t FilterByteOf(uintptr_t p) { return HashPointer(p) >> (64 - kFilterBits); }
bool MayBe(uintptr_t p) { return MayBeSampled(reinterpret_cast<const void*>(p)); }

uint64_t FilterSum() {
  uint64_t sum = 0;
  for (const auto& counter : g_filter) sum += counter.load();
  return sum;
}

uintptr_t RandomAddress(std::mt19937_64& random) { return (random() >> 17 & ~uintptr_t{7}) | 8; }

void RemoveAll(const std::vector<uintptr_t>& addresses) {
  for (uint32_t i = 0; i < addresses.size(); ++i) ASSERT_TRUE(IndexRemove(addresses[i], i));
}

TEST(LiveIndexTest, AgreesWithAMap) {
  std::mt19937_64 random(1);
  std::unordered_map<uintptr_t, uint32_t> truth;
  std::vector<uintptr_t> addresses(20'000);
  for (auto& p : addresses) p = RandomAddress(random);
  for (int i = 0; i < 2'000'000; ++i) {
    uintptr_t p = addresses[random() % addresses.size()];
    auto found = truth.find(p);
    ASSERT_EQ(IndexFind(p), found == truth.end() ? kNotFound : found->second);
    if (found != truth.end()) {
      ASSERT_TRUE(MayBe(p));
      ASSERT_FALSE(IndexRemove(p, found->second + 1)) << "somebody else's entry";
      ASSERT_TRUE(IndexRemove(p, found->second));
      ASSERT_FALSE(IndexRemove(p, found->second));
      truth.erase(found);
    } else {
      auto slot = static_cast<uint32_t>(random() % kSlotCapacity);
      ASSERT_EQ(IndexInsert(p, slot), IndexResult::kInserted);
      truth[p] = slot;
    }
  }
  for (auto [p, slot] : truth) ASSERT_TRUE(IndexRemove(p, slot));
  EXPECT_EQ(FilterSum(), 0u);
}

// Every slot may be in use: all of them must find room, however regular the addresses are.
TEST(LiveIndexTest, HoldsAsManyAsThereAreSlots) {
  std::mt19937_64 random(2);
  for (uint64_t stride : {16ul, 48ul, 4096ul, 4096ul + 64, 2ul << 20, 64ul << 20}) {
    uintptr_t base = 0x7f00'0000'0000 + stride * (random() % 1000);
    if (stride * kSlotCapacity > (uint64_t{1} << 40)) base = 0x10000;
    std::vector<uintptr_t> addresses;
    for (uint32_t i = 0; i < kSlotCapacity; ++i) {
      addresses.push_back(base + stride * i);
      ASSERT_EQ(IndexInsert(addresses.back(), i), IndexResult::kInserted) << stride << ": " << i;
    }
    for (uint32_t i = 0; i < kSlotCapacity; ++i) ASSERT_EQ(IndexFind(addresses[i]), i);
    RemoveAll(addresses);
  }
  EXPECT_EQ(FilterSum(), 0u);
}

// Far beyond its capacity: says so, and neither loses what it holds nor leaves traces.
TEST(LiveIndexTest, SaysWhenBothBucketsAreFull) {
  std::mt19937_64 random(3);
  std::vector<uintptr_t> held, refused;
  while (refused.size() < 1000) {
    uintptr_t p = RandomAddress(random);
    if (IndexFind(p) != kNotFound) continue;
    IndexResult result = IndexInsert(p, static_cast<uint32_t>(held.size()));
    if (result == IndexResult::kFull && refused.empty()) {
      EXPECT_GT(held.size(), kSlotCapacity * 5 / 4);
    }
    (result == IndexResult::kInserted ? held : refused).push_back(p);
  }
  for (uint32_t i = 0; i < held.size(); ++i) ASSERT_EQ(IndexFind(held[i]), i);
  for (uintptr_t p : refused) ASSERT_EQ(IndexFind(p), kNotFound);
  EXPECT_EQ(FilterSum(), held.size());
  RemoveAll(held);
  EXPECT_EQ(FilterSum(), 0u);
}

// `count` addresses that share one byte of the filter: a Fibonacci hash barely moves (by 1e-9 of
// its range, where a byte has 1e-6) from one multiple of a large Fibonacci number to the next.
std::vector<uintptr_t> CollidingAddresses(size_t count) {
  constexpr uintptr_t kStep = 433'494'437 * uintptr_t{8};
  uintptr_t first = 0x1000;
  while (FilterByteOf(first) != FilterByteOf(first + kStep * count)) first += 0x1000;
  std::vector<uintptr_t> addresses;
  for (size_t i = 0; i < count; ++i) addresses.push_back(first + kStep * i);
  return addresses;
}

TEST(LiveIndexTest, FilterCountsCollisions) {
  std::vector<uintptr_t> addresses = CollidingAddresses(200);
  for (uint32_t i = 0; i < addresses.size(); ++i) IndexInsert(addresses[i], i);
  EXPECT_EQ(g_filter[FilterByteOf(addresses[0])].load(), 200);
  for (uint32_t i = 0; i < addresses.size(); ++i) {
    for (size_t j = i; j < addresses.size(); ++j) ASSERT_TRUE(MayBe(addresses[j]));
    ASSERT_TRUE(IndexRemove(addresses[i], i));
  }
  EXPECT_FALSE(MayBe(addresses[0]));
}

// A counter that has been at its end does not know any more how many there are: it stays.
TEST(LiveIndexTest, SaturatedFilterNeverDeniesALiveSample) {
  std::vector<uintptr_t> addresses = CollidingAddresses(300);
  for (uint32_t i = 0; i < addresses.size(); ++i) IndexInsert(addresses[i], i);
  EXPECT_EQ(g_filter[FilterByteOf(addresses[0])].load(), 255);
  for (uint32_t i = 0; i < addresses.size(); ++i) {
    ASSERT_TRUE(MayBe(addresses[i]));
    ASSERT_TRUE(IndexRemove(addresses[i], i));
  }
  EXPECT_EQ(g_filter[FilterByteOf(addresses[0])].load(), 255);
  g_filter[FilterByteOf(addresses[0])] = 0;
}

// 49,152 samples are the most before thinning; live_index.h promises 5 % of the frees at most.
TEST(LiveIndexTest, FilterLetsFewFreesPass) {
  std::mt19937_64 random(5);
  std::vector<uintptr_t> addresses;
  for (uint32_t i = 0; i < kSlotCapacity / 4 * 3; ++i) {
    addresses.push_back(0x5500'0000'0000 + (random() % (uint64_t{1} << 34) & ~uintptr_t{15}));
    IndexInsert(addresses.back(), i);
  }
  int passed = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    passed += MayBe(0x5500'0000'0000 + (random() % (uint64_t{1} << 34) & ~uintptr_t{15}));
  }
  EXPECT_LT(passed, 50'000);
  EXPECT_GT(passed, 40'000);
  RemoveAll(addresses);
}

TEST(LiveIndexTest, RefusesAddressesThatDoNotFitACell) {
  for (uintptr_t p : {uintptr_t{1} << 47, ~uintptr_t{7}, uintptr_t{0x1001}, uintptr_t{0x1004}}) {
    EXPECT_EQ(IndexInsert(p, 1), IndexResult::kUnrepresentable);
    EXPECT_EQ(IndexFind(p), kNotFound);
    EXPECT_FALSE(IndexRemove(p, 1));
  }
  EXPECT_EQ(FilterSum(), 0u);
}

// Null in slot 0 is the word of an empty cell.
TEST(LiveIndexTest, HoldsNoNull) {
  g_filter[0] = 7;  // of others
  EXPECT_EQ(IndexFind(0), kNotFound);
  EXPECT_FALSE(IndexRemove(0, 0));
  EXPECT_EQ(g_filter[0].load(), 7);
  g_filter[0] = 0;
}

}  // namespace
}  // namespace seep::profiler
