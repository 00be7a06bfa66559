#include "analysis/group.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/analysis/world.h"

namespace seep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string AsIs(std::string_view name) { return std::string(name); }

Tables Group(World& world) { return Group(*world.Build(), world.symbols(), AsIs); }

std::vector<std::string> Names(const std::vector<ClassRow>& rows) {
  std::vector<std::string> names;
  for (const ClassRow& row : rows) names.push_back(row.name);
  return names;
}

const ClassRow& Named(const std::vector<ClassRow>& rows, const std::string& name) {
  for (const ClassRow& row : rows) {
    if (row.name == name) return row;
  }
  ADD_FAILURE() << "no row " << name;
  return rows.at(0);
}

TEST(GroupByClass, AddsEstimatesAndAges) {
  World world;
  ClassId klass = world.AddClass("Session");
  world.AddBlock({.size = 100, .probability = 0.5, .klass = klass, .birth_s = 10});
  world.AddBlock({.size = 100, .probability = 0.25, .klass = klass, .birth_s = 60});
  world.AddBlock({.size = 8, .klass = klass, .birth_s = 99});
  Tables tables = Group(world);

  ASSERT_THAT(Names(tables.classes), ElementsAre("Session"));
  const ClassRow& row = tables.classes[0];
  EXPECT_EQ(row.evidence, "rtti");
  EXPECT_EQ(row.module, "/srv/proxy");
  EXPECT_DOUBLE_EQ(row.live.objects.value, 2 + 4 + 1);
  EXPECT_DOUBLE_EQ(row.live.bytes.value, 200 + 400 + 8);
  EXPECT_EQ(row.live.objects.samples, 3u);
  EXPECT_DOUBLE_EQ(row.live.objects.variance, 4 * 0.5 + 16 * 0.75);
  EXPECT_DOUBLE_EQ(row.ages.oldest_s.value(), 90);
  EXPECT_DOUBLE_EQ(row.ages.median_s.value(), 40);  // 2 objects are older, 4 of this age, 1 younger
}

TEST(GroupByClass, SortsByBytes) {
  World world;
  world.AddBlock({.size = 10, .klass = world.AddClass("Small")});
  world.AddBlock({.size = 20, .probability = 0.1, .klass = world.AddClass("Large")});
  world.AddBlock({.size = 50, .klass = world.AddClass("Middle")});
  EXPECT_THAT(Names(Group(world).classes), ElementsAre("Large", "Middle", "Small"));
}

TEST(GroupByClass, KeepsBlocksWithoutAClassTogether) {
  World world;
  world.AddBlock({.stack = world.AddStack({At("malloc"), At("Parse(char*)")})});
  world.AddBlock({.stack = world.AddStack({At("malloc"), At("Read(int)")})});
  Tables tables = Group(world);
  ASSERT_THAT(Names(tables.classes), ElementsAre("(no class)"));
  EXPECT_EQ(tables.classes[0].evidence, "none");
  EXPECT_EQ(tables.classes[0].sites.size(), 2u);
  EXPECT_THAT(tables.base_classes, IsEmpty());
}

TEST(GroupByClass, NamesPlainObjectsByTheirSite) {
  World world;
  world.AddBlock(
      {.stack = world.AddStack({At("operator new(unsigned long)"),
                                At("std::_MakeUniq<order::OrderLock>::__single_object "
                                   "std::make_unique<order::OrderLock>()"),
                                At("order::Locks::Take(unsigned long)", "locks.cc", 31)})});
  Tables tables = Group(world);
  ASSERT_THAT(Names(tables.classes), ElementsAre("order::OrderLock"));
  EXPECT_EQ(tables.classes[0].evidence, "site");
  EXPECT_EQ(tables.classes[0].form, "");
  EXPECT_EQ(tables.sites[0].headline, 2u);
  EXPECT_EQ(tables.sites[0].frames[2].line, 31u);
}

TEST(GroupByClass, OpensMakeShared) {
  World world;
  ClassId base = world.AddClass("common::Closure<void, Env*>");
  world.AddClass("proxy::CheckCall", {base});
  ClassId control = world.AddClass(
      "std::_Sp_counted_ptr_inplace<proxy::CheckCall, std::allocator<void>, "
      "(__gnu_cxx::_Lock_policy)2>");
  world.AddBlock({.klass = control});
  Tables tables = Group(world);
  ASSERT_THAT(Names(tables.classes), ElementsAre("proxy::CheckCall"));
  EXPECT_EQ(tables.classes[0].form, "make_shared");
  EXPECT_THAT(tables.classes[0].bases, ElementsAre("common::Closure<void, Env*>"));
  EXPECT_THAT(Names(tables.base_classes),
              ElementsAre("common::Closure<void, Env*>", "proxy::CheckCall"));
}

TEST(GroupByClass, TellsObjectsInsideTheirBlockApart) {
  World world;
  ClassId klass = world.AddClass("Call");
  StackId list = world.AddStack(
      {At("operator new(unsigned long)"),
       At("std::allocator<std::_List_node<Call> >::allocate(unsigned long)"), At("Queue()")});
  world.AddBlock({.size = 30, .klass = klass});
  world.AddBlock({.size = 20, .klass = klass, .class_offset = 8});
  world.AddBlock({.size = 10, .klass = klass, .class_offset = 16, .stack = list});
  Tables tables = Group(world);
  ASSERT_THAT(Names(tables.classes), ElementsAre("Call", "Call", "Call"));
  EXPECT_EQ(tables.classes[0].form, "");
  EXPECT_EQ(tables.classes[1].form, "at +8");
  EXPECT_EQ(tables.classes[2].form, "list node");
  ASSERT_THAT(Names(tables.base_classes), ElementsAre("Call"));
  EXPECT_EQ(tables.base_classes[0].members.size(), 3u);
}

TEST(GroupByClass, SaysHowItKnows) {
  World world;
  world.AddBlock({.size = 3, .klass = world.AddClass("A", {}, ClassEvidence::kVtableSymbol)});
  world.AddBlock({.size = 2, .klass = world.AddClass("B", {}, ClassEvidence::kVtable)});
  Class unnamed;
  unnamed.vtable = {ModuleId(0), 0x1f40};
  unnamed.evidence = ClassEvidence::kVtable;
  world.AddBlock({.size = 1, .klass = world.builder().AddClass(unnamed)});
  Tables tables = Group(world);
  EXPECT_EQ(tables.classes[0].evidence, "vtable symbol");
  EXPECT_EQ(tables.classes[1].evidence, "vtable");
  EXPECT_EQ(tables.classes[2].name, "(vtable at proxy+0x1f40)");
}

// A ◄── Left ◄─┐
//  ◄── Right ◄─┴ Bottom
TEST(GroupByBase, CountsADiamondOnce) {
  World world;
  ClassId top = world.AddClass("Top");
  ClassId left = world.AddClass("Left", {top});
  ClassId right = world.AddClass("Right", {top});
  ClassId bottom = world.AddClass("Bottom", {left, right});
  world.AddBlocks(3, {.size = 10, .klass = bottom});
  world.AddBlock({.size = 10, .klass = left});
  Tables tables = Group(world);

  EXPECT_DOUBLE_EQ(Named(tables.base_classes, "Top").live.objects.value, 4);
  EXPECT_DOUBLE_EQ(Named(tables.base_classes, "Left").live.objects.value, 4);
  EXPECT_DOUBLE_EQ(Named(tables.base_classes, "Right").live.objects.value, 3);
  EXPECT_DOUBLE_EQ(Named(tables.base_classes, "Bottom").live.objects.value, 3);
  EXPECT_THAT(Named(tables.classes, "Bottom").bases, ElementsAre("Left", "Right", "Top"));

  const ClassRow& row = Named(tables.base_classes, "Top");
  ASSERT_EQ(row.members.size(), 2u);
  EXPECT_EQ(tables.classes[row.members[0].row].name, "Bottom");
  EXPECT_DOUBLE_EQ(row.members[0].share, 0.75);
}

// Query ◄── Lex ◄── Local, of which alone there are objects; Arena has others, too.
TEST(GroupByBase, TellsNamesOfTheSameObjects) {
  World world;
  ClassId arena = world.AddClass("Arena");
  ClassId query = world.AddClass("Query", {arena});
  ClassId lex = world.AddClass("Lex", {query});
  world.AddBlock({.size = 100, .klass = world.AddClass("Local", {lex})});
  world.AddBlock({.size = 10, .klass = world.AddClass("Other", {arena})});
  Tables tables = Group(world);
  ASSERT_THAT(Names(tables.base_classes), ElementsAre("Arena", "Query", "Lex", "Local", "Other"));
  EXPECT_EQ(tables.base_classes[0].same_as, std::nullopt);
  EXPECT_EQ(tables.base_classes[1].same_as, std::nullopt);
  EXPECT_EQ(tables.base_classes[2].same_as, 1u);
  EXPECT_EQ(tables.base_classes[3].same_as, 1u);
  EXPECT_EQ(tables.base_classes[4].same_as, std::nullopt);
}

TEST(GroupByBase, PutsTheProgramsOwnBaseFirst) {
  World world;
  ClassId library = world.AddClass("std::__base");
  ClassId closure = world.AddClass("common::Closure<void, Env*>", {library});
  ClassId concrete = world.AddClass("common::MethodClosure<Handler, void, Env*>", {closure});
  world.AddBlocks(5, {.probability = 0.3, .klass = concrete});
  EXPECT_THAT(Names(Group(world).base_classes),
              ElementsAre("common::Closure<void, Env*>",
                          "common::MethodClosure<Handler, void, Env*>", "std::__base"));
}

TEST(GroupBySite, JoinsStacksThatLookAlike) {
  World world;
  // Two return addresses of one source line.
  StackId first = world.AddStack({At("malloc"), At("Parse(char*)", "parse.cc", 12), At("main")});
  StackId second = world.AddStack({At("malloc"), At("Parse(char*)", "parse.cc", 12), At("main")});
  StackId other = world.AddStack({At("malloc"), At("Parse(char*)", "parse.cc", 13), At("main")});
  // "malloc" and "main" have no line here, so their positions are part of the look.
  world.AddBlock({.size = 30, .stack = first});
  world.AddBlock({.size = 20, .stack = second});
  world.AddBlock({.size = 10, .stack = other});
  EXPECT_EQ(Group(world).sites.size(), 3u);

  World lined;
  auto stack = [&lined](uint32_t line) {
    return lined.AddStack({At("malloc", "m.c", 1), At("Parse(char*)", "parse.cc", line)});
  };
  StackId a = stack(12), b = stack(12);
  lined.AddBlock({.size = 30, .stack = a});
  lined.AddBlock({.size = 20, .stack = b});
  lined.AddBlock({.size = 10, .stack = stack(13)});
  lined.AddTurnover(a, 5, 4, 30);
  lined.AddTurnover(b, 3, 2, 20);
  Tables tables = Group(lined);
  ASSERT_EQ(tables.sites.size(), 2u);
  EXPECT_DOUBLE_EQ(tables.sites[0].live.bytes.value, 50);
  ASSERT_TRUE(tables.sites[0].turnover.has_value());
  EXPECT_EQ(tables.sites[0].turnover->born.objects.samples, 8u);
  EXPECT_EQ(tables.sites[0].turnover->died.objects.samples, 6u);
  EXPECT_FALSE(tables.sites[1].turnover.has_value());
}

TEST(GroupBySite, LeavesOutSitesWhereAllIsDead) {
  World world;
  StackId dead = world.AddStack({At("malloc"), At("Scratch()")});
  StackId live = world.AddStack({At("malloc"), At("Keep()")});
  world.AddTurnover(dead, 9, 9, 64);
  world.AddBlock({.stack = live});
  Tables tables = Group(world);
  ASSERT_EQ(tables.sites.size(), 1u);
  EXPECT_EQ(tables.sites[0].frames[1].function, "Keep()");
  EXPECT_EQ(tables.class_sites[0].share.site, 0u);
}

TEST(GroupBySite, KeepsBlocksWithoutAStack) {
  World world;
  world.AddBlock({});
  Tables tables = Group(world);
  ASSERT_EQ(tables.sites.size(), 1u);
  EXPECT_THAT(tables.sites[0].frames, IsEmpty());
  EXPECT_EQ(tables.sites[0].end, StackEnd::kUnknown);
}

TEST(GroupBySite, ExpandsInlinedFrames) {
  World world;
  StackId stack =
      world.AddStack({At("malloc"), {{"Inner()", "a.h", 3, true}, {"Outer()", "a.cc", 40, false}}});
  world.AddBlock({.stack = stack});
  Tables tables = Group(world);
  ASSERT_EQ(tables.sites[0].frames.size(), 3u);
  EXPECT_TRUE(tables.sites[0].frames[1].inlined);
  EXPECT_EQ(tables.sites[0].frames[2].function, "Outer()");
}

TEST(GroupBySite, SaysWhyAFrameHasNoName) {
  World world;
  world.AddBlock({.stack = world.AddStack({At("malloc"), {}})});
  Tables tables = Group(world);
  EXPECT_EQ(tables.sites[0].headline, 1u);
  EXPECT_EQ(tables.sites[0].frames[1].missing, "no debug file");
  EXPECT_EQ(tables.sites[0].frames[1].short_function, "proxy+0x4010");
  EXPECT_THAT(UnnamedFrames(tables.sites),
              ElementsAre(Dropped{"frames without a function name", 1, "no debug file"}));
}

TEST(GroupByClassAndSite, SplitsAClassOverItsSites) {
  World world;
  ClassId call = world.AddClass("Call");
  ClassId session = world.AddClass("Session");
  StackId check = world.AddStack({At("malloc"), At("Check()")});
  StackId accept = world.AddStack({At("malloc"), At("Accept()")});
  world.AddBlocks(4, {.size = 10, .klass = call, .stack = check});
  world.AddBlocks(1, {.size = 10, .klass = call, .stack = accept});
  world.AddBlocks(3, {.size = 10, .klass = session, .stack = accept});
  Tables tables = Group(world);
  ASSERT_EQ(tables.class_sites.size(), 3u);
  EXPECT_EQ(tables.classes[tables.class_sites[0].klass].name, "Call");
  EXPECT_DOUBLE_EQ(tables.class_sites[0].share.live.bytes.value, 40);
  EXPECT_EQ(tables.classes[tables.class_sites[1].klass].name, "Session");
  EXPECT_EQ(tables.sites[tables.class_sites[1].share.site].frames[1].function, "Accept()");
}

TEST(GroupByLabel, CountsTheInnermostScopeOfEachKey) {
  World world;
  LabelId tenant = world.builder().AddLabel({"tenant", "acme", {}});
  LabelId outer = world.builder().AddLabel({"cluster", "east", tenant});
  LabelId inner = world.builder().AddLabel({"cluster", "wrong", outer});
  world.AddBlocks(2, {.size = 10, .label = outer});
  world.AddBlocks(3, {.size = 10, .label = inner});
  world.AddBlock({.size = 10});
  Tables tables = Group(world);
  ASSERT_EQ(tables.labels.size(), 3u);
  EXPECT_EQ(tables.labels[0].label.key, "tenant");
  EXPECT_DOUBLE_EQ(tables.labels[0].label.live.bytes.value, 50);
  EXPECT_EQ(tables.labels[1].label.value, "wrong");
  EXPECT_DOUBLE_EQ(tables.labels[1].label.live.bytes.value, 30);
  EXPECT_EQ(tables.labels[2].label.value, "east");
  EXPECT_DOUBLE_EQ(tables.labels[2].label.live.bytes.value, 20);
  EXPECT_EQ(tables.classes[0].labels.size(), 3u);
}

}  // namespace
}  // namespace seep
