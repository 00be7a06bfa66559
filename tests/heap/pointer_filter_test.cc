#include "heap/census/pointer_filter.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace seep {
namespace {

TEST(PointerFilter, KnowsItsAddressesAndNoOthers) {
  std::mt19937_64 random(1);
  std::set<uint64_t> words;
  while (words.size() < 20'000) words.insert(0x7f0000000000 + random() % (1 << 30) / 16 * 16);
  std::vector<Address> addresses;
  for (uint64_t word : words) addresses.push_back(Address(word));
  PointerFilter filter(addresses);
  uint32_t place = 0;
  for (uint64_t word : words) {
    ASSERT_TRUE(filter.MayHold(word));
    ASSERT_EQ(filter.Find(word), place++);
  }
  uint64_t passed = 0;
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    uint64_t word = 0x7f0000000000 + random() % (1 << 30) / 8 * 8;
    if (words.contains(word)) continue;
    passed += filter.MayHold(word);
    ASSERT_EQ(filter.Find(word), std::nullopt);
  }
  EXPECT_LT(passed, 100'000u) << "a filter that lets everything through is none";
  for (uint64_t word :
       {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, *words.begin() - 8, *words.rbegin() + 8}) {
    EXPECT_FALSE(filter.MayHold(word));
  }
  EXPECT_FALSE(PointerFilter({}).MayHold(0));
}

}  // namespace
}  // namespace seep
