// Objects made by make_shared: what their control blocks tell, over made-up memory.
#include <gtest/gtest.h>

#include <algorithm>

#include "heap/census/block_head.h"
#include "tests/heap/fake_memory.h"

namespace seep {
namespace {

// One module: constants at 0x10000, code at 0x20000. The block is at 0x90000.
class SharedObjectTest : public ::testing::Test {
 protected:
  SharedObjectTest() {
    target_.memory = &memory_;
    target_.modules = modules_;
    MakeMeta(0x10000, "N10__cxxabiv117__class_type_infoE");
    MakeMeta(0x10200, "N10__cxxabiv120__si_class_type_infoE");
  }

  // The vtable, typeinfo and name of one of the ABI's own classes.
  void MakeMeta(uint64_t at, const std::string& name) {
    memory_.Put(at, {0, at + 0x80, kCode});
    memory_.Put(at + 0x80, {kSingle, at + 0xa0});
    memory_.PutText(at + 0xa0, name);
  }
  // Typeinfo at `at`, with a base unless that is 0; name and vtable behind it. A vtable pointer.
  uint64_t MakeClass(uint64_t at, const std::string& name, uint64_t base = 0) {
    std::vector<uint64_t> typeinfo = {base == 0 ? kPlain : kSingle, at + 0x100};
    if (base != 0) typeinfo.push_back(base);
    memory_.Put(at, typeinfo);
    memory_.PutText(at + 0x100, name);
    memory_.Put(at + 0x80, {0, at, kCode});
    return at + 0x90;
  }
  // The class of a block of these words; "none".
  std::string ClassOf(const std::vector<uint64_t>& words) {
    memory_.Put(0x90000, words);
    MemoryWindow window(memory_);
    BlockHead head = HeadExaminer(target_, oracle_, window).Examine(kBlock, words.size() * 8);
    return head.klass ? oracle_.classes()[*head.klass].mangled : "none";
  }
  // What control blocks of this class hold; "not known".
  std::string HeldBy(const std::string& owner) {
    for (const VtableOracle::SeenClass& seen : oracle_.classes()) {
      if (seen.mangled != owner || !seen.held) continue;
      return oracle_.classes()[seen.held->klass].mangled + "+" + std::to_string(seen.held->offset);
    }
    return "not known";
  }

  static constexpr uint64_t kPlain = 0x10010, kSingle = 0x10210, kCode = 0x20100;
  static constexpr uint64_t kCounts = 0x100000001;
  static constexpr Address kBlock{0x90000};

  static LoadedModule OneModule() {
    LoadedModule module;
    module.module.range = {Address(0x10000), Address(0x30000)};
    module.segments = {{{Address(0x10000), Address(0x20000)}, false, false},
                       {{Address(0x20000), Address(0x30000)}, false, true}};
    return module;
  }

  testing::FakeMemory memory_;
  Target target_;
  const std::vector<LoadedModule> modules_ = {OneModule()};
  VtableOracle oracle_{memory_, modules_};
};

constexpr char kControlOfLog[] =
    "St23_Sp_counted_ptr_inplaceIN2db3LogESaIS1_ELN9__gnu_cxx12_Lock_policyE2EE";

// The storage engines of a database: made by make_shared alone, wanted by their base.
TEST_F(SharedObjectTest, SharedObjectsTellTheirBases) {
  MakeClass(0x11000, "N2db7StorageE");
  uint64_t log = MakeClass(0x12000, "N2db3LogE", 0x11000);
  uint64_t control = MakeClass(0x13000, kControlOfLog);
  EXPECT_EQ(ClassOf({control, kCounts, 0, 0}), kControlOfLog);
  EXPECT_EQ(HeldBy(kControlOfLog), "not known") << "in construction";
  EXPECT_EQ(ClassOf({control, kCounts, log, 0}), kControlOfLog);
  EXPECT_EQ(HeldBy(kControlOfLog), "N2db3LogE+16");
  auto held = std::ranges::find(oracle_.classes(), "N2db3LogE", &VtableOracle::SeenClass::mangled);
  ASSERT_EQ(held->bases.size(), 1u);
  EXPECT_EQ(oracle_.classes()[held->bases[0].klass].mangled, "N2db7StorageE");
}

TEST_F(SharedObjectTest, SharedObjectsMayBeAlignedFurther) {
  uint64_t log = MakeClass(0x12000, "N2db3LogE");
  ClassOf({MakeClass(0x13000, kControlOfLog), kCounts, 0, 0, log, 0});
  EXPECT_EQ(HeldBy(kControlOfLog), "N2db3LogE+32");
}

// A T without a vtable of its own, but with a member that has one.
TEST_F(SharedObjectTest, MembersOfSharedObjectsAreNotThey) {
  uint64_t other = MakeClass(0x12000, "N2db7LoggingE");
  ClassOf({MakeClass(0x13000, kControlOfLog), kCounts, other, 0});
  EXPECT_EQ(HeldBy(kControlOfLog), "not known");
}

}  // namespace
}  // namespace seep
