#include "analysis/analyze.h"

#include "gmock/gmock.h"
#include "tests/analysis/world.h"

namespace seep {
namespace {

using ::testing::ElementsAre;

Findings Analyze(World& world) { return Analyze(*world.Build(), world.symbols()); }

TEST(Analyze, CarriesEverythingThatWasDropped) {
  World world;
  world.builder().AddDropped("samples", 3, "every slot in use");
  world.builder().AddNotice({2 * kSecond, "mark: warm"});
  world.builder().AddMoment({.time = kSecond,
                             .rss = 1000,
                             .usage = {},
                             .limit = {},
                             .live_objects = {},
                             .live_bytes = 500,
                             .top = {}});
  world.AddBlock({.stack = world.AddStack({At("malloc"), {}})});
  Findings findings = Analyze(world);
  EXPECT_THAT(findings.dropped,
              ElementsAre(Dropped{"samples", 3, "every slot in use"},
                          Dropped{"frames without a function name", 1, "no debug file"}));
  EXPECT_DOUBLE_EQ(findings.notices.at(0).time_s, 2);
  EXPECT_EQ(findings.history.at(0).rss, 1000u);
  EXPECT_DOUBLE_EQ(findings.observation_s, 100);
}

TEST(Analyze, CountsTheSitesThatItLeavesOut) {
  World world;
  ClassId klass = world.AddClass("Session");
  for (int i = 0; i < 60; ++i) {
    StackId stack = world.AddStack({At("malloc"), At("Site" + std::to_string(i) + "()")});
    world.AddBlock({.klass = klass, .stack = stack});
  }
  Findings findings = Analyze(world);
  EXPECT_EQ(findings.sites.size(), 60u);
  for (const ClassRow& row : {findings.classes[0], findings.base_classes[0]}) {
    EXPECT_EQ(row.sites.size(), 20u);
    EXPECT_EQ(row.sites_omitted, 40u);
  }
}

TEST(Analyze, ShortensNames) {
  World world;
  world.AddBlock({.klass = world.AddClass("a::very::Long"),
                  .stack = world.AddStack({At("malloc"), At("a::very::Call()")})});
  auto last = [](std::string_view name) { return std::string(name.substr(name.rfind(':') + 1)); };
  Findings findings = Analyze(*world.Build(), world.symbols(), {.shorten = last});
  EXPECT_EQ(findings.classes[0].name, "a::very::Long");
  EXPECT_EQ(findings.classes[0].short_name, "Long");
  EXPECT_EQ(findings.sites[0].frames[1].short_function, "Call()");
}

TEST(Analyze, AddsUpThePastOfAllStacks) {
  World world;
  world.AddTurnover(world.AddStack({At("malloc"), At("Dead()")}), 5, 5, 64);
  world.AddTurnover(world.AddStack({At("malloc"), At("Other()")}), 3, 1, 64);
  Findings findings = Analyze(world);
  ASSERT_TRUE(findings.turnover.has_value());
  EXPECT_EQ(findings.turnover->born.objects.samples, 8u);
  EXPECT_EQ(findings.turnover->died.objects.samples, 6u);
}

TEST(Analyze, AnEmptySnapshotHasNoHeadline) {
  World world;
  Findings findings = Analyze(world);
  EXPECT_FALSE(findings.headline.has_value());
  EXPECT_TRUE(findings.classes.empty());
}

TEST(Accounting, PutsTheEstimateBesideTheRss) {
  World world;
  world.builder().process().rss = 10'000;
  world.AddBlock({.size = 100, .probability = 0.1});
  EXPECT_THAT(Analyze(world).accounting,
              ElementsAre(AccountingRow{"live heap, estimated", 1000, 1000},
                          AccountingRow{"not examined", std::nullopt, 9000},
                          AccountingRow{"RSS", std::nullopt, 10'000}));
}

TEST(Accounting, NeverExplainsMoreThanTheRss) {
  World world;
  world.builder().process().rss = 400;
  world.AddBlock({.size = 1000});
  EXPECT_THAT(Analyze(world).accounting,
              ElementsAre(AccountingRow{"live heap, estimated", 1000, 400},
                          AccountingRow{"not examined", std::nullopt, 0},
                          AccountingRow{"RSS", std::nullopt, 400}));
}

TEST(Accounting, SaysWhatItDoesNotKnow) {
  World world;
  world.AddBlock({.size = 1000});
  EXPECT_THAT(Analyze(world).accounting,
              ElementsAre(AccountingRow{"live heap, estimated", 1000, std::nullopt},
                          AccountingRow{"not examined", std::nullopt, std::nullopt},
                          AccountingRow{"RSS", std::nullopt, std::nullopt}));
}

TEST(Accounting, KeepsTheRowsOfAWalkedHeap) {
  World world;
  world.builder().AddAccounting({"live", 5, 4});
  EXPECT_THAT(Analyze(world).accounting, ElementsAre(AccountingRow{"live", 5, 4}));
}

}  // namespace
}  // namespace seep
