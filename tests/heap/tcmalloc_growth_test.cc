// Where a heap grew, by the records that tcmalloc keeps of it.
#include <gtest/gtest.h>

#include "heap/tcmalloc/find.h"
#include "heap/tcmalloc/growth_stacks.h"
#include "tests/heap/tcmalloc_heap.h"

namespace seep {
namespace {

using testing::TcmallocHeap;

constexpr uint64_t kFirst = 0x40000;  // page
constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kServe = TcmallocHeap::kCode + 0x10, kLoad = TcmallocHeap::kCode + 0x20;

std::vector<HeapGrowth> GrowthOf(TcmallocHeap& heap, std::vector<Dropped>* dropped) {
  heap.AddSmall(kFirst, 3);
  Target target = heap.target();
  std::vector<tcmalloc::FoundHeap> found = tcmalloc::FindHeaps(target, dropped);
  if (found.size() != 1 || !found[0].heap.growth_stacks) return {};
  return tcmalloc::ReadGrowthStacks(*target.memory, *found[0].heap.growth_stacks, dropped);
}

TEST(TcmallocGrowth, EqualStacksAreAddedUp) {
  TcmallocHeap heap;
  heap.AddGrowth(kMiB, {kServe, 0x1234});
  heap.AddGrowth(2 * kMiB, {kLoad});
  heap.AddGrowth(5 * kMiB, {kServe, 0x1234});
  std::vector<Dropped> dropped;
  std::vector<HeapGrowth> growth = GrowthOf(heap, &dropped);
  ASSERT_EQ(growth.size(), 2u);
  EXPECT_EQ(growth[0].stack, (std::vector<uint64_t>{kServe, 0x1234}));
  EXPECT_EQ(growth[0].times, 2u);
  EXPECT_EQ(growth[0].bytes, 6 * kMiB);
  EXPECT_EQ(growth[1].bytes, 2 * kMiB);
  EXPECT_TRUE(dropped.empty());
}

TEST(TcmallocGrowth, IsNoneWhereARecordIsNotSound) {
  struct Case {
    const char* what;
    uint64_t bytes;
    std::vector<uint64_t> stack;
  };
  const Case kCases[] = {{"not whole pages", kMiB + 8, {kServe}},
                         {"nothing", 0, {kServe}},
                         {"not from code", kMiB, {0x1234}},
                         {"no frames", kMiB, {}}};
  for (const Case& unsound : kCases) {
    TcmallocHeap heap;
    heap.AddGrowth(unsound.bytes, unsound.stack);
    heap.AddGrowth(kMiB, {kServe});  // sound, and leads to the one that is not
    std::vector<Dropped> dropped;
    EXPECT_TRUE(GrowthOf(heap, &dropped).empty()) << unsound.what;
  }
}

TEST(TcmallocGrowth, ACircleIsNoList) {
  TcmallocHeap heap;
  uint64_t first = heap.AddGrowth(kMiB, {kServe});
  uint64_t last = heap.AddGrowth(kMiB, {kServe});
  heap.memory().Set(first + 16 + 8 * 30, last);
  std::vector<Dropped> dropped;
  EXPECT_TRUE(GrowthOf(heap, &dropped).empty());
}

// It was found sound, and the target went on.
TEST(TcmallocGrowth, AListThatDoesNotEndIsCut) {
  TcmallocHeap heap;
  uint64_t first = heap.AddGrowth(kMiB, {kServe});
  heap.memory().Set(first + 16 + 8 * 30, first);
  std::vector<Dropped> dropped;
  Target target = heap.target();
  std::vector<HeapGrowth> growth =
      tcmalloc::ReadGrowthStacks(*target.memory, Address(TcmallocHeap::kGrowthStacks), &dropped);
  EXPECT_EQ(growth.size(), 1u);
  ASSERT_EQ(dropped.size(), 1u);
}

TEST(TcmallocGrowth, TwoListsAreOneTooMany) {
  TcmallocHeap heap;
  uint64_t record = heap.AddGrowth(kMiB, {kServe});
  heap.memory().Set(TcmallocHeap::kGrowthStacks + 16, record);
  std::vector<Dropped> dropped;
  EXPECT_TRUE(GrowthOf(heap, &dropped).empty());
}

}  // namespace
}  // namespace seep
