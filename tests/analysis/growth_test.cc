#include "analysis/growth.h"

#include <gtest/gtest.h>

namespace seep {
namespace {

Findings At(double seconds, uint64_t rss, std::vector<std::pair<std::string, double>> classes) {
  Findings findings;
  findings.observation_s = seconds;
  findings.process.rss = rss;
  for (const auto& [name, objects] : classes) {
    ClassRow row;
    row.name = name;
    row.live.objects.value = objects;
    row.live.bytes.value = 10 * objects;
    findings.live.objects.value += objects;
    findings.live.bytes.value += 10 * objects;
    findings.classes.push_back(row);
  }
  return findings;
}

TEST(Growth, IsByClassAndLargestFirst) {
  Growth growth = GrowthBetween(At(100, 1000, {{"Stays", 7}, {"Grows", 10}, {"Goes", 90}}),
                                At(110, 1000, {{"New", 3}, {"Grows", 60}, {"Stays", 7}}));
  EXPECT_DOUBLE_EQ(growth.seconds, 10);
  ASSERT_EQ(growth.classes.size(), 3u);
  EXPECT_EQ(growth.classes[0].name, "Goes");
  EXPECT_DOUBLE_EQ(growth.classes[0].objects, -90);
  EXPECT_EQ(growth.classes[1].name, "Grows");
  EXPECT_DOUBLE_EQ(growth.classes[1].bytes_per_s, 50);
  EXPECT_EQ(growth.classes[2].name, "New");
  EXPECT_DOUBLE_EQ(growth.bytes, 10 * (3 + 50 - 90));
}

TEST(Growth, TellsWhatIsStillThere) {
  Findings earlier = At(100, 0, {{"Kept", 3}, {"Gone", 2}, {"Sampled", 5}});
  Findings later = At(110, 0, {{"Kept", 9}, {"Sampled", 6}});
  earlier.classes[0].addresses.emplace().addresses = {Address(1), Address(2), Address(3)};
  later.classes[0].addresses.emplace().addresses = {Address(9), Address(3), Address(1)};
  earlier.classes[1].addresses.emplace().addresses = {Address(7), Address(8)};
  Growth growth = GrowthBetween(earlier, later);
  ASSERT_EQ(growth.classes.size(), 3u);
  EXPECT_DOUBLE_EQ(growth.classes[0].survival.value().share, 2. / 3);
  EXPECT_EQ(growth.classes[1].name, "Gone");
  EXPECT_DOUBLE_EQ(growth.classes[1].survival.value().share, 0);
  EXPECT_FALSE(growth.classes[2].survival.has_value());
}

TEST(Growth, TellsWhenTheLimitComes) {
  Findings later = At(20, 3000, {});
  later.process.limit = 5000;
  Growth growth = GrowthBetween(At(10, 2000, {}), later);
  EXPECT_DOUBLE_EQ(growth.rss_bytes_per_s.value(), 100);
  EXPECT_DOUBLE_EQ(growth.seconds_to_limit.value(), 20);
  later.process.rss = 1500;
  EXPECT_FALSE(GrowthBetween(At(10, 2000, {}), later).seconds_to_limit.has_value()) << "it shrinks";
  later.process = {};
  EXPECT_FALSE(GrowthBetween(At(10, 2000, {}), later).rss_bytes_per_s.has_value());
}

}  // namespace
}  // namespace seep
