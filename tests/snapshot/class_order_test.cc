#include "snapshot/class_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace seep {
namespace {

Class DerivedFrom(const std::vector<size_t>& bases) {
  Class klass;
  for (size_t base : bases) klass.bases.push_back({ClassId(base), 0, false});
  return klass;
}

std::vector<ClassId> Ids(const std::vector<size_t>& ids) {
  return std::vector<ClassId>(ids.begin(), ids.end());
}

TEST(BasesFirstTest, KeepsTheOrderWhereThereAreNoBases) {
  EXPECT_EQ(BasesFirst({Class(), Class(), Class()}), Ids({0, 1, 2}));
}

TEST(BasesFirstTest, PutsBasesBeforeWhatDerivesFromThem) {
  // 0 ─► 2 ─► 1, 0 ─► 3 ─► 1
  EXPECT_EQ(BasesFirst({DerivedFrom({2, 3}), Class(), DerivedFrom({1}), DerivedFrom({1})}),
            Ids({1, 2, 3, 0}));
}

TEST(BasesFirstTest, TakesTheSameBaseTwice) {
  EXPECT_EQ(BasesFirst({DerivedFrom({1, 1}), Class()}), Ids({1, 0}));
}

TEST(BasesFirstTest, LeavesOutCirclesAndWhatHangsOnThem) {
  // 1 ─► 2 ─► 1, 3 ─► 2, 4 ─► 4
  EXPECT_EQ(
      BasesFirst({Class(), DerivedFrom({2}), DerivedFrom({1}), DerivedFrom({2}), DerivedFrom({4})}),
      Ids({0}));
}

TEST(BasesFirstTest, EndsOnChainsOfAnyLength) {
  std::vector<Class> chain;
  for (size_t i = 0; i < 300'000; ++i) chain.push_back(DerivedFrom({i + 1}));
  chain.emplace_back();
  std::vector<ClassId> order = BasesFirst(chain);
  ASSERT_EQ(order.size(), chain.size());
  EXPECT_TRUE(std::ranges::is_sorted(order, std::greater<>()));
}

}  // namespace
}  // namespace seep
