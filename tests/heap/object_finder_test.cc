// Which object an address belongs to, over made-up memory.
#include "heap/instances/object_finder.h"

#include <gtest/gtest.h>

#include "tests/heap/fake_memory.h"

namespace seep {
namespace {

// One module: constants at 0x10000, code at 0x20000. The heap is at 0x90000.
class ObjectFinderTest : public ::testing::Test {
 protected:
  ObjectFinderTest() {
    LoadedModule module;
    module.module = {.path = "/bin/server",
                     .build_id = {},
                     .load_bias = 0x10000,
                     .range = {Address(0x10000), Address(0x30000)}};
    module.segments = {{{Address(0x10000), Address(0x20000)}, false, false},
                       {{Address(0x20000), Address(0x30000)}, false, true}};
    target_.memory = &memory_;
    target_.modules.push_back(module);
  }

  // A vtable of one method, of a class whose name is absent. Returns the vtable pointer.
  uint64_t PutVtable(uint64_t at, int64_t offset_to_top = 0) {
    constexpr uint64_t kTypeinfo = 0x11000;
    memory_.Put(kTypeinfo, {0x18000, 0x19000});
    memory_.Put(at, {static_cast<uint64_t>(offset_to_top), kTypeinfo, 0x20100});
    return at + 16;
  }

  std::optional<ObjectPlace> At(uint64_t address, const AddressPlace& place) {
    HeapReader heap(target_, {});
    return FindObject(heap, Address(address), place);
  }

  testing::FakeMemory memory_;
  Target target_;
};

constexpr AddressPlace InBlock(uint64_t offset) {
  AddressPlace place;
  place.kind = PlaceKind::kLiveBlock;
  place.block = Address(0x90000);
  place.block_size = 64;
  place.offset = offset;
  return place;
}

TEST_F(ObjectFinderTest, ByTheVtablePointerThere) {
  memory_.Put(0x90000, {0, 0, PutVtable(0x12000), 7});
  std::optional<ObjectPlace> found = At(0x90010, InBlock(0x10));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->start, Address(0x90010));
  EXPECT_EQ(At(0x90018, InBlock(0x18)), std::nullopt) << "no vtable pointer, no class of the block";
  EXPECT_EQ(At(0x90014, InBlock(0x14)), std::nullopt) << "between two words";
}

TEST_F(ObjectFinderTest, ByThatOfAnInnerBase) {
  memory_.Put(0x90000, {PutVtable(0x12000), 0, PutVtable(0x13000, -16)});
  EXPECT_EQ(At(0x90010, InBlock(0x10))->start, Address(0x90000));
  AddressPlace no_room = InBlock(0);
  no_room.block = Address(0x90010);
  EXPECT_EQ(At(0x90010, no_room), std::nullopt) << "the object would begin before its block";
}

TEST_F(ObjectFinderTest, ByTheBlockAround) {
  memory_.Put(0x90000, {5, 6, 7, 8});
  AddressPlace place = InBlock(0x18);
  place.klass = 2;
  place.class_offset = 8;
  place.objects = 3;
  std::optional<ObjectPlace> found = At(0x90018, place);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->klass, 2u);
  EXPECT_EQ(found->start, Address(0x90008));
  EXPECT_EQ(found->count, 3u);
  place.offset = 0;
  EXPECT_EQ(At(0x90000, place), std::nullopt) << "before the object: the count of an array";
}

TEST_F(ObjectFinderTest, OnStacksAndAmongVariablesButNotWhereNothingLives) {
  memory_.Put(0x90000, {PutVtable(0x12000)});
  for (PlaceKind kind : {PlaceKind::kStack, PlaceKind::kModuleData, PlaceKind::kMapping}) {
    EXPECT_TRUE(At(0x90000, {.kind = kind}));
  }
  for (PlaceKind kind : {PlaceKind::kFreeBlock, PlaceKind::kAllocatorData, PlaceKind::kCode,
                         PlaceKind::kVtable, PlaceKind::kNowhere}) {
    EXPECT_FALSE(At(0x90000, {.kind = kind}));
  }
}

TEST_F(ObjectFinderTest, HostileOffsets) {
  memory_.Put(0x90000, {PutVtable(0x12000, 1 << 20)});
  EXPECT_EQ(At(0x90000, InBlock(0)), std::nullopt) << "no object begins behind its vtable pointer";
}

}  // namespace
}  // namespace seep
