#include "symbolizer/range_index.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace seep {
namespace {

TEST(RangeIndex, FindsTheRangeThatCovers) {
  RangeIndex<char> index;
  index.Add(10, 20, 'a');
  index.Add(30, 40, 'b');
  index.Add(50, 50, 'c');  // empty
  index.Add(70, 60, 'd');  // backwards
  index.Sort();
  EXPECT_EQ(index.size(), 2u);
  for (uint64_t outside : {0, 9, 20, 29, 40, 50, 65}) EXPECT_EQ(index.Find(outside), nullptr);
  EXPECT_EQ(*index.Find(10), 'a');
  EXPECT_EQ(*index.Find(19), 'a');
  EXPECT_EQ(*index.Find(30), 'b');
}

TEST(RangeIndex, InnermostOfNestedRangesWins) {
  RangeIndex<char> index;
  index.Add(0, 100, 'a');
  index.Add(10, 20, 'b');
  index.Add(10, 15, 'c');
  index.Sort();
  EXPECT_EQ(*index.Find(5), 'a');
  EXPECT_EQ(*index.Find(12), 'c');
  EXPECT_EQ(*index.Find(17), 'b');
  EXPECT_EQ(*index.Find(99), 'a');
}

TEST(RangeIndex, AgreesWithASearchThroughEverything) {
  std::mt19937 random(3);
  RangeIndex<int> index;
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (int i = 0; i < 200; ++i) {
    uint64_t begin = random() % 1000;
    ranges.emplace_back(begin, begin + 1 + random() % (i % 10 == 0 ? 500 : 10));
    index.Add(ranges.back().first, ranges.back().second, i);
  }
  index.Sort();
  for (uint64_t address = 0; address < 1600; ++address) {
    const int* found = index.Find(address);
    uint64_t latest = 0;
    bool covered = false;
    for (const auto& [begin, end] : ranges) {
      if (begin > address || address >= end) continue;
      covered = true;
      latest = std::max(latest, begin);
    }
    ASSERT_EQ(found != nullptr, covered) << address;
    if (!covered) continue;
    ASSERT_EQ(ranges[static_cast<size_t>(*found)].first, latest) << address;
  }
}

}  // namespace
}  // namespace seep
