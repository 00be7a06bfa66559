#include "analysis/headline.h"

#include "analysis/analyze.h"
#include "tests/analysis/world.h"

namespace seep {
namespace {

Headline LeadOf(World& world) {
  Findings findings = Analyze(*world.Build(), world.symbols());
  EXPECT_TRUE(findings.headline.has_value());
  return findings.headline.value_or(Headline{});
}

TEST(Headline, TellsWhatWhereWhoAndHowFast) {
  World world;
  ClassId closure = world.AddClass("common::Closure<void, Env*>");
  ClassId concrete = world.AddClass("common::MethodClosure<Handler, void, Env*>", {closure});
  ClassId other = world.AddClass("common::FunctionClosure<void, Env*>", {closure});
  LabelId wrong = world.builder().AddLabel({"cluster", "wrong", {}});
  StackId check = world.AddStack({At("operator new(unsigned long)"),
                                  At("RequestHandler::HandleCheck(Env*)", "io_handler.cc", 57)});
  StackId elsewhere = world.AddStack({At("operator new(unsigned long)"), At("Elsewhere()")});
  world.AddBlocks(96,
                  {.size = 50, .klass = concrete, .stack = check, .label = wrong, .birth_s = 40});
  world.AddBlocks(4, {.size = 50, .klass = other, .stack = elsewhere, .birth_s = 30});
  world.AddBlock({.size = 5000, .birth_s = 1});
  world.AddTurnover(check, 98, 2, 50);

  Headline headline = LeadOf(world);
  EXPECT_EQ(headline.klass, "common::Closure<void, Env*>");
  EXPECT_EQ(headline.concrete, "common::MethodClosure<Handler, void, Env*>");
  EXPECT_DOUBLE_EQ(headline.concrete_share, 0.96);
  EXPECT_DOUBLE_EQ(headline.live.objects.value, 100);
  EXPECT_DOUBLE_EQ(headline.live.bytes.value, 5000);
  EXPECT_DOUBLE_EQ(headline.share_of_live, 0.5);
  EXPECT_DOUBLE_EQ(headline.oldest_s.value(), 70);
  ASSERT_TRUE(headline.place.has_value());
  EXPECT_EQ(headline.place->function, "RequestHandler::HandleCheck(Env*)");
  EXPECT_EQ(headline.place->line, 57u);
  EXPECT_DOUBLE_EQ(headline.place_share, 0.96);
  ASSERT_TRUE(headline.turnover.has_value());
  EXPECT_EQ(headline.turnover->born.objects.samples, 98u);
  EXPECT_EQ(headline.turnover->died.objects.samples, 2u);
  ASSERT_TRUE(headline.label.has_value());
  EXPECT_EQ(headline.label->value, "wrong");
  EXPECT_DOUBLE_EQ(headline.label_share, 0.96);
  EXPECT_DOUBLE_EQ(headline.objects_per_s, 1);
  EXPECT_DOUBLE_EQ(headline.bytes_per_s, 50);
}

TEST(Headline, PrefersGrowthToStartUp) {
  World world;
  world.AddBlock({.size = 10'000, .klass = world.AddClass("Config"), .birth_s = 1});
  world.AddBlocks(10, {.size = 64, .klass = world.AddClass("Leaked"), .birth_s = 60});
  EXPECT_EQ(LeadOf(world).klass, "Leaked");
}

// Also when it is over before a tenth of the time has passed.
TEST(Headline, AnEarlyBurstThatDwarfsAllElseLeads) {
  World world;
  world.AddBlocks(1000, {.size = 64, .klass = world.AddClass("Burst"), .birth_s = 1});
  world.AddBlocks(10, {.size = 64, .klass = world.AddClass("Later"), .birth_s = 60});
  EXPECT_EQ(LeadOf(world).klass, "Burst");
}

TEST(Headline, PrefersWhatIsNeverFreedToWhatTurnsOver) {
  World world;
  StackId cache = world.AddStack({At("malloc"), At("Cache::Put()")});
  StackId leak = world.AddStack({At("malloc"), At("Handle()")});
  world.AddBlocks(100, {.size = 64, .klass = world.AddClass("Entry"), .stack = cache});
  world.AddBlocks(20, {.size = 64, .klass = world.AddClass("Leaked"), .stack = leak});
  world.AddTurnover(cache, 1000, 900, 64);
  world.AddTurnover(leak, 20, 0, 64);
  EXPECT_EQ(LeadOf(world).klass, "Leaked");
}

// One class from a busy, healthy site and from a quiet, leaking one.
TEST(Headline, IsNotMaskedByAHealthySiteOfTheSameClass) {
  World world;
  ClassId buffer = world.AddClass("Buffer");
  StackId busy = world.AddStack({At("malloc"), At("Serve()")});
  StackId leaking = world.AddStack({At("malloc"), At("Retry()")});
  world.AddBlocks(50, {.size = 64, .klass = buffer, .stack = busy});
  world.AddBlocks(20, {.size = 64, .klass = buffer, .stack = leaking});
  world.AddBlocks(10, {.size = 64, .klass = world.AddClass("Other")});
  world.AddTurnover(busy, 5000, 4950, 64);
  world.AddTurnover(leaking, 20, 0, 64);
  Headline headline = LeadOf(world);
  EXPECT_EQ(headline.klass, "Buffer");
  EXPECT_EQ(headline.place->function, "Retry()");
}

// Of a walked heap nothing is known but contents and sizes: what all of that has in common is no
// finding, and 60 MB of twenty sorts must not hide a class with 50 MB.
TEST(Headline, BlocksWithoutClassOrStackLeadByKind) {
  World world;
  for (uint64_t size = 16; size <= 4096; size *= 2) {
    world.AddBlock({.size = size, .count = 10'000 / size, .content = Content::kText});
  }
  ClassId klass = world.AddClass("st_lex");
  world.AddBlock({.size = 100, .count = 150, .klass = klass});
  EXPECT_EQ(LeadOf(world).klass, "st_lex");
  world.AddBlock({.size = 8000, .count = 3, .content = Content::kZeros});
  Headline headline = LeadOf(world);
  EXPECT_EQ(headline.klass, "");
  EXPECT_EQ(headline.form, "zeros, up to 8 KiB");
  EXPECT_DOUBLE_EQ(headline.live.bytes.value, 24'000);
}

TEST(Headline, WhatIsNotInMemoryLeadsOnlyAlone) {
  World world;
  world.AddBlock({.size = 1 << 20, .content = Content::kAbsent});
  EXPECT_EQ(LeadOf(world).form, "not in memory, up to 1 MiB");
  World other;
  other.AddBlock({.size = 1 << 20, .content = Content::kAbsent});
  other.AddBlock({.size = 100, .content = Content::kText});
  EXPECT_EQ(LeadOf(other).form, "text, up to 128 B");
}

TEST(Headline, TakesLiveBytesWhereNothingWasBornLater) {
  World world;
  world.AddBlock({.size = 100, .klass = world.AddClass("Small"), .birth_s = 0});
  world.AddBlock({.size = 200, .klass = world.AddClass("Large"), .birth_s = 0});
  EXPECT_EQ(LeadOf(world).klass, "Large");
}

TEST(Headline, DescendsFromABaseOfEverything) {
  World world;
  ClassId object = world.AddClass("Object");
  ClassId reply = world.AddClass("Reply", {object});
  ClassId reply_impl = world.AddClass("ReplyImpl", {reply});
  world.AddBlocks(60, {.klass = reply_impl});
  world.AddBlocks(20, {.klass = world.AddClass("Widget", {object})});
  world.AddBlocks(20, {.klass = world.AddClass("Timer", {object})});
  Headline headline = LeadOf(world);
  EXPECT_EQ(headline.klass, "Reply");
  EXPECT_EQ(headline.concrete, "ReplyImpl");
}

TEST(Headline, StaysWithABaseWhoseClassesShareTheBytes) {
  World world;
  ClassId closure = world.AddClass("Closure");
  world.AddBlocks(40, {.klass = world.AddClass("MethodClosure<A>", {closure})});
  world.AddBlocks(40, {.klass = world.AddClass("MethodClosure<B>", {closure})});
  Headline headline = LeadOf(world);
  EXPECT_EQ(headline.klass, "Closure");
  EXPECT_DOUBLE_EQ(headline.concrete_share, 0.5);
}

// A map's nodes and the objects that they point at.
TEST(Headline, PrefersTheProgramsOwnClassToItsContainer) {
  auto add = [](World& world, const std::string& function, uint64_t size) {
    StackId stack = world.AddStack({At("operator new(unsigned long)"), At(function), At("Take()")});
    world.AddBlocks(10, {.size = size, .stack = stack});
  };
  std::string node =
      "std::allocator<std::_Rb_tree_node<std::pair<int const, Lock*> > >::allocate(unsigned long)";
  World world;
  add(world, node, 72);
  add(world, "std::make_unique<order::OrderLock>()", 48);
  EXPECT_EQ(LeadOf(world).klass, "order::OrderLock");

  World mostly_nodes;
  add(mostly_nodes, node, 72);
  add(mostly_nodes, "std::make_unique<order::OrderLock>()", 16);
  EXPECT_EQ(LeadOf(mostly_nodes).klass, "std::pair<int const, Lock*>");
}

TEST(Headline, NamesTheSiteWhereThereIsNoClass) {
  World world;
  StackId read = world.AddStack({At("malloc"), At("ReadFile(int)", "io.c", 9)});
  StackId scratch = world.AddStack({At("malloc"), At("Scratch()")});
  world.AddBlocks(10, {.size = 1000, .stack = read});
  world.AddBlocks(9, {.size = 1000, .stack = scratch});
  world.AddBlock({.size = 64, .klass = world.AddClass("Session")});
  Headline headline = LeadOf(world);
  EXPECT_EQ(headline.klass, "");
  EXPECT_EQ(headline.place->function, "ReadFile(int)");
  EXPECT_DOUBLE_EQ(headline.live.bytes.value, 10'000);
  EXPECT_DOUBLE_EQ(headline.place_share, 1);
}

// All blocks without a class together are more, but they are nothing in common.
TEST(Headline, DoesNotAddUpUnrelatedBlocksWithoutAClass) {
  World world;
  for (int i = 0; i < 20; ++i) {
    StackId stack = world.AddStack({At("malloc"), At("Site" + std::to_string(i) + "()")});
    world.AddBlock({.size = 1000, .stack = stack});
  }
  world.AddBlocks(5, {.size = 1000, .klass = world.AddClass("Session")});
  EXPECT_EQ(LeadOf(world).klass, "Session");
}

}  // namespace
}  // namespace seep
