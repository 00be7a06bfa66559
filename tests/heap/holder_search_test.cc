// Who holds blocks, in a small heap that is written word by word.
#include "heap/census/holder_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heap/census/block_names.h"
#include "heap/census/container_nodes.h"
#include "heap/mangled_name.h"
#include "tests/heap/word_memory.h"

namespace seep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Where = Holder::Where;

constexpr uint64_t kHeap = 0x7f0000000000;
constexpr uint64_t kStack = 0x7ffd00000000;
constexpr uint64_t kOther = 0x7f0100000000;

// Runs as they are.
class ListedBlocks final : public AllocatorWalker {
 public:
  explicit ListedBlocks(std::vector<BlockRun> runs) : runs_(std::move(runs)) {}
  std::string kind() const override { return "list"; }
  std::string description() const override { return ""; }
  Address anchor() const override { return Address(); }
  WalkedHeap Walk(MemoryWindow&, RunSink sink) override {
    for (const BlockRun& run : runs_) sink(run);
    WalkedHeap walked;
    walked.heap = {{Address(kHeap), Address(kHeap + (1 << 20))}};
    return walked;
  }

 private:
  std::vector<BlockRun> runs_;
};

class HolderSearchTest : public ::testing::Test {
 protected:
  static Mapping Writable(uint64_t begin, std::string path) {
    return {.range = {Address(begin), Address(begin + (1 << 20))},
            .readable = true,
            .writable = true,
            .path = std::move(path)};
  }

  FoundHolders Find(std::vector<BlockRun> runs, std::vector<uint64_t> sought) {
    target_.memory = &memory_;
    target_.maps = {Writable(kHeap, ""), Writable(kOther, ""), Writable(kStack, "[stack]")};
    std::vector<std::unique_ptr<AllocatorWalker>> walkers;
    walkers.push_back(std::make_unique<ListedBlocks>(std::move(runs)));
    VtableOracle oracle(memory_, target_.modules);
    MemoryWindow window(memory_);
    HeadExaminer examiner(target_, oracle, window);
    std::vector<DrawnBlock> drawn;
    for (uint64_t block : sought) drawn.push_back({Address(block), 0});
    return FindHolders(target_, walkers, std::move(drawn), window, examiner);
  }

  static std::vector<Holder> HoldersOf(const FoundHolders& found, size_t block) {
    std::vector<Holder> holders;
    for (uint32_t i : found.blocks[block].holders) holders.push_back(found.holders[i]);
    return holders;
  }

  testing::WordMemory memory_;
  Target target_;
};

BlockRun Blocks(uint64_t start, uint64_t usable, uint64_t count) {
  BlockRun run;
  run.start = Address(start);
  run.stride = usable + 8;
  run.usable = usable;
  run.count = count;
  return run;
}

TEST_F(HolderSearchTest, TellsBlocksStacksAndOtherMemoryApart) {
  const uint64_t a = kHeap + 0x1000, b = a + 64, c = b + 64, lost = c + 64;
  memory_.Set(kHeap + 0x2000 + 24, a);   // in a node
  memory_.Set(kHeap + 0x3000 + 800, b);  // in an array
  memory_.Set(kStack + 0x100, b);
  memory_.Set(kOther + 0x200, c);
  memory_.Set(lost + 8, lost);  // it points at itself
  FoundHolders found =
      Find({Blocks(a, 56, 4), Blocks(kHeap + 0x2000, 40, 1), Blocks(kHeap + 0x3000, 1000, 1)},
           {a, b, c, lost});
  EXPECT_THAT(HoldersOf(found, 0),
              ElementsAre(Holder{.where = Where::kBlock, .size = 40, .offset = 24}));
  EXPECT_THAT(HoldersOf(found, 1),
              UnorderedElementsAre(
                  Holder{.where = Where::kBlock, .size = 1024, .offset = Holder::kAnywhere},
                  Holder{.where = Where::kStack}));
  EXPECT_THAT(HoldersOf(found, 2), ElementsAre(Holder{.where = Where::kElsewhere}));
  EXPECT_THAT(HoldersOf(found, 3), IsEmpty());
  for (const HeldBlock& block : found.blocks) EXPECT_TRUE(block.seen);
}

TEST_F(HolderSearchTest, FreeBlocksHoldNothing) {
  const uint64_t live[] = {0b01};
  const uint64_t sought = kHeap + 0x1000;
  BlockRun pair = Blocks(kHeap + 0x2000, 56, 2);
  pair.live = live;
  memory_.Set(kHeap + 0x2000 + 64 + 8, sought);  // in the second, which is free
  memory_.Set(kHeap + 0x2000 + 56, sought);      // behind the first: not the program's
  EXPECT_THAT(Find({Blocks(sought, 56, 1), pair}, {sought}).blocks[0].holders, IsEmpty());
  memory_.Set(kHeap + 0x2000 + 8, sought);
  EXPECT_EQ(Find({Blocks(sought, 56, 1), pair}, {sought}).blocks[0].holders.size(), 1u);
}

TEST_F(HolderSearchTest, ABlockThatIsGoneIsSaidSo) {
  const uint64_t live[] = {0};
  BlockRun run = Blocks(kHeap, 56, 1);
  run.live = live;
  EXPECT_FALSE(Find({run}, {kHeap}).blocks[0].seen);
  EXPECT_FALSE(Find({Blocks(kHeap + 16, 56, 1)}, {kHeap + 24}).blocks[0].seen);
}

// A million pointers to one block are one holder, and no more work than a few.
TEST_F(HolderSearchTest, OfManyPointersToABlockAFewAreLookedAt) {
  const uint64_t shared = kHeap + 0x1000;
  for (uint64_t i = 0; i < 10'000; ++i) memory_.Set(kHeap + 0x4000 + i * 48 + 16, shared);
  FoundHolders found = Find({Blocks(shared, 56, 1), Blocks(kHeap + 0x4000, 40, 10'000)}, {shared});
  EXPECT_THAT(HoldersOf(found, 0),
              ElementsAre(Holder{.where = Where::kBlock, .size = 40, .offset = 16}));
}

TEST(NodeKindByLinks, ByWhatNodesHold) {
  EXPECT_EQ(NodeKindByLinks({.by_like = {0.999}, .in_array = 0.6}), NodeKind::kHash);
  EXPECT_EQ(NodeKindByLinks({.by_like = {0.999}}), NodeKind::kForwardList);
  EXPECT_EQ(NodeKindByLinks({.by_like = {0.999, 0.999}}), NodeKind::kList);
  EXPECT_EQ(NodeKindByLinks({.by_like = {0, 0.5, 0.5, 0.49}, .as_child = 0.99}), NodeKind::kTree);
  EXPECT_EQ(NodeKindByLinks({.by_like = {0.3, 0.1}, .in_array = 0.9}), NodeKind::kNone);
  EXPECT_EQ(NodeKindByLinks({}), NodeKind::kNone);
}

TEST(FitsProfile, PointersLieWhereTheTypeHasThem) {
  WordProfile profile{{{1, 0}, {0.5, 0.5}, {0, 0}, {0, 1}}};
  using Pointer = DebugPointers::Pointer;
  std::vector<Pointer> right = {{.offset = 0}, {.offset = 8}};
  EXPECT_TRUE(FitsProfile(right, 32, profile));
  EXPECT_FALSE(FitsProfile(std::vector<Pointer>{{.offset = 8}}, 32, profile)) << "word 0 is one";
  EXPECT_FALSE(FitsProfile(std::vector<Pointer>{{.offset = 0}, {.offset = 16}}, 32, profile));
  EXPECT_TRUE(FitsProfile(std::vector<Pointer>{{.offset = 0}, {.offset = 16, .alternative = true}},
                          32, profile));
  EXPECT_FALSE(FitsProfile(right, 32, {}));
}

TEST(FitsBlock, RoundingByAnAllocator) {
  for (uint64_t size = 1; size < 5000; ++size) {
    uint64_t glibc = std::max<uint64_t>((size + 8 + 15) / 16 * 16, 32) - 8;
    EXPECT_TRUE(FitsBlock(size, glibc)) << size;
    EXPECT_FALSE(FitsBlock(size, size - 1)) << size;
  }
  EXPECT_FALSE(FitsBlock(0, 24));
  EXPECT_FALSE(FitsBlock(24, 72));
}

TEST(SplitByName, PartsAddUp) {
  for (uint64_t count : {1, 2, 3, 10, 1'000'003}) {
    BlockGroup group{.head = {}, .size = 48, .count = count, .example = Address(1)};
    KindShares kind{
        .drawn = 10,
        .shares = {
            {ClassId(4), 7, Address(2)}, {ClassId(5), 2, Address(3)}, {ClassId(), 1, Address(4)}}};
    uint64_t sum = 0;
    for (const NamedGroup& part : SplitByName(group, kind)) {
      EXPECT_GT(part.group.count, 0u);
      sum += part.group.count;
    }
    EXPECT_EQ(sum, count);
    EXPECT_EQ(SplitByName(group, {}).size(), 1u);
  }
}

TEST(MangledClassName, ScopesAndNamesOnly) {
  EXPECT_EQ(MangledClassName("OrderLock"), "9OrderLock");
  EXPECT_EQ(MangledClassName("order::OrderLock"), "N5order9OrderLockE");
  for (std::string name : {"std::thread", "Foo[]", "Foo*", "A<int>::B", "(anonymous namespace)::X",
                           "long unsigned int", "::X", ""}) {
    EXPECT_EQ(MangledClassName(name), name);
  }
}

}  // namespace
}  // namespace seep
