// What the first words of a block say, over made-up memory.
#include "heap/census/block_head.h"

#include <gtest/gtest.h>

#include "tests/heap/fake_memory.h"

namespace seep {
namespace {

// One module: constants at 0x10000, code at 0x20000. The heap is at 0x90000.
class BlockHeadTest : public ::testing::Test {
 protected:
  BlockHeadTest() {
    LoadedModule module;
    module.module.range = {Address(0x10000), Address(0x30000)};
    module.segments = {{{Address(0x10000), Address(0x20000)}, false, false},
                       {{Address(0x20000), Address(0x30000)}, false, true}};
    target_.memory = &memory_;
    target_.modules.push_back(module);
    // struct Both : Left, Right: its vtable, that of the Right in it, 16 bytes from its start, and
    // its typeinfo, which is one of the ABI's plain kind.
    memory_.Put(0x10000, {0, 0x10080, 0x20000});
    memory_.Put(0x10080, {0x10010, 0x100a0});
    memory_.PutText(0x100a0, "N10__cxxabiv117__class_type_infoE");
    memory_.Put(0x11000, {0, 0x11080, 0x20000, static_cast<uint64_t>(-16), 0x11080, 0x20000});
    memory_.Put(0x11080, {0x10010, 0x110a0});
    memory_.PutText(0x110a0, "4Both");
  }
  static constexpr uint64_t kBoth = 0x11010;
  static constexpr uint64_t kRightInBoth = 0x11028;

  BlockHead HeadOf(const std::vector<uint64_t>& words) {
    memory_.Put(0x90000, words);
    VtableOracle oracle(memory_, target_.modules);
    MemoryWindow window(memory_);
    return HeadExaminer(target_, oracle, window).Examine(Address(0x90000), words.size() * 8);
  }

  testing::FakeMemory memory_;
  Target target_;
};

TEST_F(BlockHeadTest, ObjectsAtTheStartAndBehindAHeader) {
  BlockHead head = HeadOf({kBoth, 1, kRightInBoth, 2, 3});
  EXPECT_TRUE(head.klass.has_value());
  EXPECT_EQ(head.class_offset, 0u);
  head = HeadOf({7, 7, kBoth, 1, kRightInBoth, 2, 3});
  EXPECT_TRUE(head.klass.has_value());
  EXPECT_EQ(head.class_offset, 16u);
}

TEST_F(BlockHeadTest, ArraysAreCounted) {
  EXPECT_EQ(HeadOf({2, kBoth, 1, kRightInBoth, 2, 3, kBoth, 1, kRightInBoth, 2, 3}).objects, 2u);
  EXPECT_EQ(HeadOf({9, kBoth, 1, kRightInBoth, 2, 3, kBoth, 1, kRightInBoth, 2, 3}).objects, 1u);
}

// A buffer where a Both was: the allocator has linked the free block by its first word, and the
// program has not written to it yet.
TEST_F(BlockHeadTest, WhatIsLeftOfAnObjectIsNone) {
  EXPECT_FALSE(HeadOf({0x90100, 1, kRightInBoth, 2, 3}).klass.has_value());
  EXPECT_FALSE(HeadOf({0, 1, kRightInBoth, 2, 3}).klass.has_value());
  EXPECT_FALSE(HeadOf({kRightInBoth, 2, 3}).klass.has_value());
}

}  // namespace
}  // namespace seep
