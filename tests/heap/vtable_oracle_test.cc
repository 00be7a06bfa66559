// The oracle on made-up memory: what no compiler would emit.
#include "heap/vtable_oracle.h"

#include <gtest/gtest.h>

#include "heap/live_classes.h"
#include "heap/mangled_name.h"
#include "tests/heap/fake_memory.h"

namespace seep {
namespace {

// One module: constants at 0x10000, code at 0x20000, variables at 0x30000. The heap is at 0x90000.
class VtableOracleTest : public ::testing::Test {
 protected:
  VtableOracleTest() {
    LoadedModule module;
    module.segments = {{{Address(0x10000), Address(0x20000)}, false, false},
                       {{Address(0x20000), Address(0x30000)}, false, true},
                       {{Address(0x30000), Address(0x40000)}, true, false}};
    modules_.push_back(module);
    MakeMeta(0x10000, "N10__cxxabiv117__class_type_infoE");
    MakeMeta(0x10200, "N10__cxxabiv120__si_class_type_infoE");
    MakeMeta(0x10400, "N10__cxxabiv121__vmi_class_type_infoE");
  }

  static constexpr uint64_t kPlain = 0x10010;  // vtable pointers of the three kinds of typeinfo
  static constexpr uint64_t kSingle = 0x10210;
  static constexpr uint64_t kMultiple = 0x10410;
  static constexpr uint64_t kCode = 0x20100;

  // The vtable, typeinfo and name of one of the ABI's own classes.
  void MakeMeta(uint64_t at, const std::string& name) {
    memory_.Put(at, {0, at + 0x80, kCode});
    memory_.Put(at + 0x80, {kSingle, at + 0xa0});
    memory_.PutText(at + 0xa0, name);
  }
  void MakeTypeinfo(uint64_t at, const std::string& name, std::vector<uint64_t> rest,
                    uint64_t kind) {
    std::vector<uint64_t> words = {kind, at + 0x800};
    words.insert(words.end(), rest.begin(), rest.end());
    memory_.Put(at, words);
    memory_.PutText(at + 0x800, name);
  }
  // Returns the vtable pointer.
  uint64_t MakeVtable(uint64_t at, int64_t offset_to_top, uint64_t typeinfo,
                      uint64_t first_method = kCode) {
    memory_.Put(at, {static_cast<uint64_t>(offset_to_top), typeinfo, first_method});
    return at + 16;
  }
  VtableOracle& oracle() {
    if (!oracle_.has_value()) oracle_.emplace(memory_, modules_);
    return *oracle_;
  }
  std::string NameOf(uint64_t word) {
    auto answer = oracle().Classify(word);
    return answer.has_value() ? oracle().classes()[answer->klass].mangled : "none";
  }

  testing::FakeMemory memory_;
  std::vector<LoadedModule> modules_;
  std::optional<VtableOracle> oracle_;
};

TEST_F(VtableOracleTest, FollowsThePointers) {
  MakeTypeinfo(0x11000, "3Foo", {}, kPlain);
  EXPECT_EQ(NameOf(MakeVtable(0x12000, 0, 0x11000)), "3Foo");
}

TEST_F(VtableOracleTest, TypeinfoMustBeOneOfTheAbis) {
  MakeTypeinfo(0x11000, "3Foo", {}, 0x12010);
  memory_.Put(0x12000, {0, 0x12080, kCode});  // a vtable of a class that is no type_info
  memory_.Put(0x12080, {kPlain, 0x120a0});
  memory_.PutText(0x120a0, "7NotInfo");
  EXPECT_EQ(NameOf(MakeVtable(0x13000, 0, 0x11000)), "none");
}

TEST_F(VtableOracleTest, EverythingMustLieInTheModule) {
  // The same bytes in the heap: contents of somebody's buffer.
  MakeTypeinfo(0x91000, "3Foo", {}, kPlain);
  EXPECT_EQ(NameOf(MakeVtable(0x92000, 0, 0x91000)), "none") << "vtable in the heap";
  EXPECT_EQ(NameOf(MakeVtable(0x12000, 0, 0x91000)), "none") << "typeinfo in the heap";
  memory_.Put(0x11000, {kPlain, 0x91800});
  EXPECT_EQ(NameOf(MakeVtable(0x12100, 0, 0x11000)), "none") << "name in the heap";
  EXPECT_EQ(NameOf(0x10000), "none") << "nothing before the first word of the module";
  EXPECT_EQ(NameOf(0), "none");
  EXPECT_EQ(NameOf(~uint64_t{7}), "none");
}

TEST_F(VtableOracleTest, NamesMustBePlausible) {
  uint64_t at = 0x11000;
  for (const std::string& name :
       {std::string(), std::string("foo"), std::string("3F o"), std::string("3F\x01o"),
        std::string("3Fo\x7f"), std::string("-1"), std::string(kMaxMangledLength + 1, '1')}) {
    memory_.Put(at, {kPlain, 0x14000});
    memory_.PutText(0x14000, name);
    EXPECT_EQ(NameOf(MakeVtable(at + 0x100, 0, at)), "none") << name.substr(0, 20);
    at += 0x200;
  }
  memory_.PutText(0x14000, "*N12_GLOBAL__N_13FooE");
  memory_.Put(at, {kPlain, 0x14000});
  EXPECT_EQ(NameOf(MakeVtable(at + 0x100, 0, at)), "N12_GLOBAL__N_13FooE");
}

// A core without the binary of a program that is not relocated.
TEST_F(VtableOracleTest, AbsentConstantsAreTakenForVtablesAndSaidToBe) {
  auto guess = oracle().Classify(0x15010);
  ASSERT_TRUE(guess.has_value());
  EXPECT_TRUE(guess->is_guess);
  EXPECT_EQ(oracle().classes()[guess->klass].vtable, Address(0x15010));
  EXPECT_EQ(oracle().classes()[guess->klass].mangled, "");
  EXPECT_EQ(oracle().Classify(0x15010)->klass, guess->klass);
  EXPECT_EQ(oracle().guessed_vtables(), 1u);
  EXPECT_FALSE(oracle().Classify(0x25010).has_value()) << "code";
  EXPECT_FALSE(oracle().Classify(0x35010).has_value()) << "a variable";
  memory_.Put(0x16000, {1, 2, 3});
  EXPECT_FALSE(oracle().Classify(0x16010).has_value()) << "it is there, and no vtable";
}

TEST_F(VtableOracleTest, AVtableOfARelocatedModuleIsNeverAbsent) {
  modules_[0].module.load_bias = 0x10000;
  EXPECT_FALSE(oracle().Classify(0x15010).has_value());
  EXPECT_EQ(oracle().guessed_vtables(), 0u);
}

TEST_F(VtableOracleTest, OffsetToTopMustBePossible) {
  MakeTypeinfo(0x11000, "3Foo", {}, kPlain);
  EXPECT_EQ(NameOf(MakeVtable(0x12000, 8, 0x11000)), "none");
  EXPECT_EQ(NameOf(MakeVtable(0x12100, -4, 0x11000)), "none");
  EXPECT_EQ(NameOf(MakeVtable(0x12200, INT64_MIN, 0x11000)), "none");
  EXPECT_EQ(NameOf(MakeVtable(0x12300, -24, 0x11000)), "3Foo");
}

TEST_F(VtableOracleTest, BasesMayBeARing) {
  MakeTypeinfo(0x11000, "1A", {0x11100}, kSingle);
  MakeTypeinfo(0x11100, "1B", {0x11200}, kSingle);
  MakeTypeinfo(0x11200, "1C", {0x11000}, kSingle);
  EXPECT_EQ(NameOf(MakeVtable(0x13000, 0, 0x11000)), "1A");
  EXPECT_EQ(oracle().classes().size(), 3u);
  EXPECT_EQ(oracle().unreadable_bases(), 1u);
  MakeTypeinfo(0x12000, "1S", {0x12000}, kSingle);
  EXPECT_EQ(NameOf(MakeVtable(0x13100, 0, 0x12000)), "1S");
}

TEST_F(VtableOracleTest, BasesMayBeDamaged) {
  MakeTypeinfo(0x11000, "1A", {uint64_t{3} << 32, 0x12000, 2, 0x12100, 0x1002}, kMultiple);
  MakeTypeinfo(0x12100, "1B", {}, kPlain);
  EXPECT_EQ(NameOf(MakeVtable(0x13000, 0, 0x11000)), "1A");
  ASSERT_EQ(oracle().classes()[0].bases.size(), 1u);
  EXPECT_EQ(oracle().classes()[0].bases[0].offset, 16);
  EXPECT_EQ(oracle().unreadable_bases(), 2u) << "no typeinfo there; no third entry";
  MakeTypeinfo(0x14000, "1D", {uint64_t{0xffffffff} << 32}, kMultiple);
  EXPECT_EQ(NameOf(MakeVtable(0x15000, 0, 0x14000)), "1D");
}

TEST_F(VtableOracleTest, DeepHierarchiesEnd) {
  for (uint64_t i = 0; i < 1000; ++i) {
    memory_.Put(0x11000 + 24 * i, {kSingle, 0x1f000, 0x11000 + 24 * (i + 1)});
  }
  memory_.PutText(0x1f000, "1X");
  EXPECT_EQ(NameOf(MakeVtable(0x1e000, 0, 0x11000)), "1X");
  EXPECT_LT(oracle().classes().size(), 100u);
}

// Memory that counts how often it is asked.
class CountingMemory final : public Memory {
 public:
  explicit CountingMemory(const Memory& memory) : memory_(memory) {}
  size_t Read(Address from, std::span<uint8_t> out) const override {
    ++reads_;
    return memory_.Read(from, out);
  }
  uint64_t reads() const { return reads_; }

 private:
  const Memory& memory_;
  mutable uint64_t reads_ = 0;
};

// Each of 5000 typeinfos names 1000 bases, which are parts of one another. 10 million reads of a
// process would take ten seconds; ten times the typeinfos, minutes.
TEST_F(VtableOracleTest, ForgedBasesCostLittle) {
  constexpr uint64_t kTypes = 0x10000000, kName = 0x1f000;
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 6000; ++i) {
    words.insert(words.end(), {kMultiple, kName, uint64_t{1000} << 32});
  }
  memory_.Put(kTypes, words);
  memory_.PutText(kName, "1X");
  modules_[0].segments.push_back({{Address(kTypes), Address(kTypes + words.size() * 8)}});
  constexpr uint64_t kVtables = 0x20000000;
  std::vector<uint64_t> vtables;
  for (uint64_t i = 0; i < 5000; ++i) vtables.insert(vtables.end(), {0, kTypes + 24 * i});
  memory_.Put(kVtables, vtables);
  modules_[0].segments.push_back({{Address(kVtables), Address(kVtables + vtables.size() * 8)}});
  CountingMemory counting(memory_);
  VtableOracle forged(counting, modules_);
  for (uint64_t i = 1; i < 5000; ++i) forged.Classify(kVtables + 16 * i);
  EXPECT_LT(counting.reads(), 3'000'000u);
  EXPECT_GT(forged.unreadable_bases(), 0u);
}

TEST_F(VtableOracleTest, ForgedVtablesWithoutRttiAreNotEndless) {
  constexpr uint64_t kBegin = 0x10000000, kCount = 300'000;
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < kCount; ++i) words.insert(words.end(), {0, 0, kCode});
  memory_.Put(kBegin, words);
  modules_[0].segments.push_back({{Address(kBegin), Address(kBegin + words.size() * 8)}});
  for (uint64_t i = 0; i < kCount; ++i) oracle().Classify(kBegin + 24 * i + 16);
  EXPECT_LE(oracle().classes().size(), 1u << 18);
}

// A million vtables of one class, and twice as many words that are none.
TEST_F(VtableOracleTest, WhatItRemembersIsBounded) {
  constexpr uint64_t kBegin = 0x10000000, kCount = 1'100'000;
  MakeTypeinfo(0x11000, "3Foo", {}, kPlain);
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < kCount; ++i) words.insert(words.end(), {0, 0x11000});
  memory_.Put(kBegin, words);
  modules_[0].segments.push_back({{Address(kBegin), Address(kBegin + words.size() * 8)}});
  uint64_t answered = 0;
  for (uint64_t i = 1; i < 2 * kCount; ++i) {
    answered += oracle().Classify(kBegin + 8 * i).has_value();
  }
  EXPECT_EQ(answered, uint64_t{1} << 20);
  EXPECT_EQ(oracle().vtables_too_many(), kCount - 1 - answered);
}

TEST_F(VtableOracleTest, WithoutRttiTheFirstMethodMustBeCode) {
  EXPECT_EQ(NameOf(MakeVtable(0x12000, 0, 0)), "");
  EXPECT_EQ(NameOf(MakeVtable(0x12100, 0, 0, 0x11000)), "none") << "not executable";
  EXPECT_EQ(NameOf(MakeVtable(0x12200, 0, 0, 0)), "none");
  EXPECT_EQ(NameOf(MakeVtable(0x12300, -16, 0)), "none");
  EXPECT_EQ(NameOf(MakeVtable(0x30000, 0, 0)), "none") << "writable: a table of callbacks";
  MakeTypeinfo(0x11000, "3Foo", {}, kPlain);
  EXPECT_EQ(NameOf(MakeVtable(0x31000, 0, 0x11000)), "3Foo") << "RTTI proves it anywhere";
}

// A core without the binary: what the loader has relocated is there, the constants are not.
TEST_F(VtableOracleTest, AnAbsentNameLeavesTheVtable) {
  memory_.Put(0x11000, {kPlain, 0x1f000});  // nothing is at 0x1f000
  uint64_t primary = MakeVtable(0x12000, 0, 0x11000);
  uint64_t secondary = MakeVtable(0x12100, -16, 0x11000);
  auto first = oracle().Classify(secondary);
  auto second = oracle().Classify(primary);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->klass, second->klass) << "one typeinfo, one class";
  EXPECT_EQ(first->offset_to_top, -16);
  const VtableOracle::SeenClass& seen = oracle().classes()[first->klass];
  EXPECT_EQ(seen.mangled, "");
  EXPECT_EQ(seen.vtable.value(), primary);
  EXPECT_EQ(seen.typeinfo.value(), 0x11000u);
  EXPECT_EQ(seen.evidence, ClassEvidence::kVtable);
}

TEST_F(VtableOracleTest, OnlyAnAbsentNameIsForgiven) {
  MakeTypeinfo(0x11000, "no name", {}, kPlain);
  EXPECT_EQ(NameOf(MakeVtable(0x12000, 0, 0x11000)), "none") << "there, and not a name";
  memory_.Put(0x13000, {kPlain, 0x91000});
  EXPECT_EQ(NameOf(MakeVtable(0x12100, 0, 0x13000)), "none") << "the name is in no module";
  memory_.Put(0x14000, {0x91000, 0x1f000});
  EXPECT_EQ(NameOf(MakeVtable(0x12200, 0, 0x14000)), "none") << "its kind is in no module";
  memory_.Put(0x15000, {kPlain, 0x1f000});
  EXPECT_EQ(NameOf(MakeVtable(0x12300, 0, 0x15000, 0x11000)), "none") << "no code behind it";
  EXPECT_EQ(NameOf(MakeVtable(0x30000, 0, 0x15000)), "none") << "writable";
}

class LiveClassesTest : public VtableOracleTest {
 protected:
  LiveClassesTest() {
    MakeTypeinfo(0x11000, "3Foo", {}, kPlain);
    primary_ = MakeVtable(0x12000, 0, 0x11000);
    secondary_ = MakeVtable(0x12100, -16, 0x11000);
  }
  UnnamedBlock Look(const std::vector<uint64_t>& words, uint64_t size) {
    memory_.Put(0x90000, words);
    UnnamedBlock block{.address = Address(0x90000), .size = size};
    FindLiveClasses(memory_, nullptr, oracle(), {&block, 1});
    return block;
  }
  uint64_t primary_ = 0;
  uint64_t secondary_ = 0;
};

TEST_F(LiveClassesTest, LooksAtEightWords) {
  for (uint64_t at = 0; at < 10; ++at) {
    std::vector<uint64_t> words(10, 0x4141414141414141);
    words[at] = primary_;
    UnnamedBlock block = Look(words, 80);
    if (at < 8) {
      EXPECT_EQ(block.look, UnnamedBlock::Look::kFound) << at;
      EXPECT_EQ(block.class_offset, 8 * at);
    } else {
      EXPECT_EQ(block.look, UnnamedBlock::Look::kNoVtable) << at;
    }
  }
}

TEST_F(LiveClassesTest, SecondaryVtableLeadsToTheStart) {
  EXPECT_EQ(Look({1, 2, secondary_, 4}, 32).class_offset, 0u);
  EXPECT_EQ(Look({1, 2, 3, secondary_}, 32).class_offset, 8u);
  EXPECT_EQ(Look({1, secondary_, 3, 4}, 32).look, UnnamedBlock::Look::kNoVtable)
      << "its object would begin before the block";
}

TEST_F(LiveClassesTest, OnlyTheBlockItself) {
  EXPECT_EQ(Look({1, primary_}, 15).look, UnnamedBlock::Look::kNoVtable);
  EXPECT_EQ(Look({1, primary_}, 16).look, UnnamedBlock::Look::kFound);
  EXPECT_EQ(Look({}, 16).look, UnnamedBlock::Look::kUnreadable);
  EXPECT_EQ(Look({1}, 0).look, UnnamedBlock::Look::kNoVtable);
}

}  // namespace
}  // namespace seep
