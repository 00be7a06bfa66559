#include "heap/class_table.h"

#include <gtest/gtest.h>

namespace seep {
namespace {

CodeLocation At(uint64_t offset) { return {ModuleId(0), offset}; }

class ClassTableTest : public ::testing::Test {
 protected:
  ClassTableTest() { builder_.AddModule({.path = "/bin/x", .build_id = {}, .range = {}}); }

  ClassId Add(const char* name, uint64_t vtable, uint64_t typeinfo) {
    return table_.Add(
        {.mangled = name, .vtable = vtable == 0 ? CodeLocation() : At(vtable), .bases = {}},
        typeinfo == 0 ? CodeLocation() : At(typeinfo));
  }
  std::shared_ptr<const Snapshot> Build() {
    cut_ = std::move(table_).MoveTo(builder_);
    auto snapshot = std::move(builder_).Build();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return *snapshot;
  }

  SnapshotBuilder builder_;
  ClassTable table_;
  uint64_t cut_ = 0;
};

TEST_F(ClassTableTest, OneRowForATypeinfo) {
  ClassId base = Add("", 0, 0x100);
  EXPECT_EQ(Add("1A", 0x200, 0x100), base) << "seen as a base first, as an object later";
  EXPECT_NE(Add("1B", 0x300, 0x110), base);
  EXPECT_NE(Add("", 0x200, 0), base) << "without RTTI the vtable is all there is";
  EXPECT_EQ(Add("", 0x200, 0), ClassId(2));
  auto snapshot = Build();
  ASSERT_EQ(snapshot->classes.size(), 3u);
  EXPECT_EQ(snapshot->classes[0].mangled, "1A");
  EXPECT_EQ(snapshot->classes[0].vtable, At(0x200));
}

TEST_F(ClassTableTest, BasesOnce) {
  ClassId a = Add("1A", 1, 0x100);
  ClassId b = Add("1B", 2, 0x110);
  table_.AddBase(b, {.base = a, .offset = 8});
  table_.AddBase(b, {.base = a, .offset = 8});
  table_.AddBase(b, {.base = a, .offset = 24});
  auto snapshot = Build();
  EXPECT_EQ(snapshot->classes[b.index()].bases.size(), 2u);
  EXPECT_EQ(cut_, 0u);
}

TEST_F(ClassTableTest, CutsRings) {
  ClassId a = Add("1A", 1, 0x100);
  ClassId b = Add("1B", 2, 0x110);
  ClassId c = Add("1C", 3, 0x120);
  table_.AddBase(a, {.base = b});
  table_.AddBase(b, {.base = c});
  table_.AddBase(c, {.base = a});
  table_.AddBase(c, {.base = c});
  Build();
  EXPECT_EQ(cut_, 2u);
}

TEST_F(ClassTableTest, ChainsMayBeLong) {
  constexpr uint64_t kLength = 300'000;
  for (uint64_t i = 0; i < kLength; ++i) Add("1X", 0, 8 * (i + 1));
  for (uint64_t i = 0; i + 1 < kLength; ++i) table_.AddBase(ClassId(i), {.base = ClassId(i + 1)});
  table_.AddBase(ClassId(kLength - 1), {.base = ClassId(0)});
  Build();
  EXPECT_EQ(cut_, 1u);
}

}  // namespace
}  // namespace seep
