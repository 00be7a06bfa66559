#include "analysis/block_tables.h"

#include <gtest/gtest.h>

#include "analysis/analyze.h"
#include "tests/analysis/world.h"

namespace seep {
namespace {

TEST(BlockTables, BySizeUpToPowersOfTwo) {
  World world;
  for (uint64_t size : {1, 16, 17, 32, 33}) world.AddBlock({.size = size});
  world.AddBlock({.size = 48, .probability = 0.5});
  world.AddBlock({.size = 0});  // found by its vtable, outside of every heap
  std::vector<BlockRow> rows = BySize(*world.Build());
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].name, "33 to 64 B");
  EXPECT_DOUBLE_EQ(rows[0].live.objects.value, 3);
  EXPECT_DOUBLE_EQ(rows[0].live.bytes.value, 33 + 2 * 48);
  EXPECT_EQ(rows[1].name, "17 to 32 B");
  EXPECT_DOUBLE_EQ(rows[1].live.bytes.value, 17 + 32);
  EXPECT_EQ(rows[2].name, "1 to 16 B");
  EXPECT_EQ(rows[3].name, "size not known");
  EXPECT_DOUBLE_EQ(rows[3].live.objects.value, 1);
}

TEST(BlockTables, ByModuleEveryBlockOnce) {
  World world;
  world.AddBlock({.size = 100, .klass = world.AddClass("Session")});
  world.AddBlock({.size = 50, .klass = world.AddClass("Lock")});
  world.AddBlock({.size = 70});
  Findings findings = Analyze(*world.Build(), world.symbols());
  ASSERT_EQ(findings.modules.size(), 2u);
  EXPECT_EQ(findings.modules[0].name, "/srv/proxy");
  EXPECT_DOUBLE_EQ(findings.modules[0].live.bytes.value, 150);
  EXPECT_DOUBLE_EQ(findings.modules[0].mean_bytes, 75);
  EXPECT_DOUBLE_EQ(findings.modules[0].share_of_live, 150.0 / 220);
  EXPECT_EQ(findings.modules[1].name, "(no vtable)");
  EXPECT_DOUBLE_EQ(findings.modules[1].live.bytes.value, 70);
}

}  // namespace
}  // namespace seep
