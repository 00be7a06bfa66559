#include "profiler/class_store.h"

#include <gtest/gtest.h>

#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "profiler/module_table.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/private_mirror.h"
#include "tests/profiler/rtti_classes.h"

namespace seep::profiler {
namespace {

using namespace zoo;

class ClassStoreTest : public ::testing::Test {
 protected:
  void Start() {
    ScanInitialModules();
    mirror_.Attach();
  }
  static const recording::ClassRecord& Row(uint32_t id) {
    return *MirrorRecord<recording::ClassRecord>(recording::kClasses, id);
  }
  static recording::Position PositionOf(const void* address) {
    ModuleView module = FindModule(reinterpret_cast<uintptr_t>(address));
    return recording::MakePosition(module.id, reinterpret_cast<uintptr_t>(address) - module.bias);
  }

  PrivateMirror mirror_;
};

TEST_F(ClassStoreTest, ClassIsARowWithItsBases) {
  InChild([&] {
    Start();
    Bat bat;
    uint32_t id = InternClassOfVptr(VptrOf(&bat));
    ASSERT_NE(id, 0u);
    const recording::ClassRecord& row = Row(id);
    EXPECT_EQ(row.ready, 1u);
    EXPECT_EQ(Text(row.name), typeid(Bat).name());
    EXPECT_EQ(row.vtable, PositionOf(reinterpret_cast<const void*>(VptrOf(&bat))));
    EXPECT_EQ(row.typeinfo, PositionOf(&typeid(Bat)));
    EXPECT_EQ(row.base_count, 2);
    EXPECT_EQ(row.base_offsets[1], 8);
    const recording::ClassRecord& base = Row(row.bases[1]);
    EXPECT_EQ(Text(base.name), typeid(Winged).name());
    EXPECT_EQ(base.vtable, 0u) << "no object of its own was seen";
    EXPECT_EQ(base.ready, 1u);
    EXPECT_EQ(MirrorHeader()->sections[recording::kClasses].used, 4u);
  });
}

TEST_F(ClassStoreTest, EachVtableIsOneRow) {
  InChild([&] {
    Start();
    Bat bat, other;
    uint32_t id = InternClassOfVptr(VptrOf(&bat));
    EXPECT_EQ(InternClassOfVptr(VptrOf(&other)), id);
    uint32_t second = InternClassOfVptr(VptrOf(&bat, 8));
    EXPECT_NE(second, id);
    EXPECT_EQ(Text(Row(second).name), typeid(Bat).name());
    EXPECT_EQ(Row(second).offset_to_top, -8);
    EXPECT_EQ(Row(second).bases[0], Row(id).bases[0]);
  });
}

TEST_F(ClassStoreTest, RowsFromBeforeTheFileAreInIt) {
  InChild([&] {
    ScanInitialModules();
    Dog dog;
    uint32_t id = InternClassOfVptr(VptrOf(&dog));
    mirror_.Attach();
    MirrorAllClasses();
    EXPECT_EQ(Text(Row(id).name), typeid(Dog).name());
    EXPECT_EQ(Text(Row(Row(id).bases[0]).name), typeid(Animal).name());
  });
}

TEST_F(ClassStoreTest, NoClassTwiceOver) {
  InChild([&] {
    Start();
    Animal animal;
    uintptr_t vptr = VptrOf(&animal);
    for (uintptr_t word : {uintptr_t{0}, ~uintptr_t{0}, vptr + 1, vptr + 8, vptr - 8}) {
      EXPECT_EQ(InternClassOfVptr(word), 0u);
      EXPECT_EQ(InternClassOfVptr(word), 0u) << "as remembered";
    }
    EXPECT_EQ(MirrorHeader()->sections[recording::kClasses].used, 0u);
  });
}

// Vtables by hand, in the program's own data.
struct HandmadeVtable {
  long offset_to_top;
  const void* typeinfo;
};
HandmadeVtable g_vtables[kClassCapacity + 100];

uintptr_t VptrTo(HandmadeVtable& vtable) { return reinterpret_cast<uintptr_t>(&vtable + 1); }

TEST_F(ClassStoreTest, FullIsCounted) {
  InChild([&] {
    Start();
    for (auto& vtable : g_vtables) vtable = {0, &typeid(Animal)};
    uint32_t rows = 0;
    for (uint32_t i = 0; i + 1 < std::size(g_vtables); ++i) {
      rows += InternClassOfVptr(VptrTo(g_vtables[i])) != 0;
    }
    EXPECT_EQ(rows, kClassCapacity - 1) << "row 0 is none's";
    EXPECT_EQ(CounterValue(recording::kClassTableFull), std::size(g_vtables) - 1 - rows);
    EXPECT_NE(InternClassOfVptr(VptrTo(g_vtables[0])), 0u) << "still found";
  });
}

HandmadeTypeinfo<6> g_ring;

// A class that is its own base, six times over: 6^16 ways down.
TEST_F(ClassStoreTest, RingOfBasesEnds) {
  InChild([&] {
    Start();
    g_ring = {KindOfSeveralBases(), "4Ring", 0, 6, {}};
    for (auto& base : g_ring.bases) base = {&g_ring, 2};
    g_vtables[0] = {0, &g_ring};
    alarm(20);
    uint32_t id = InternClassOfVptr(VptrTo(g_vtables[0]));
    alarm(0);
    ASSERT_NE(id, 0u);
    EXPECT_EQ(Text(Row(id).name), "4Ring");
    EXPECT_EQ(Row(id).base_count, 6);
  });
}

}  // namespace
}  // namespace seep::profiler
