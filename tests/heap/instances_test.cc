// What a word of an object means, which texts are texts, and which classes a pattern means, over
// made-up memory.
#include <gtest/gtest.h>

#include "heap/instances/class_selector.h"
#include "heap/instances/text_finder.h"
#include "heap/instances/word_meaning.h"
#include "tests/heap/fake_memory.h"

namespace seep {
namespace {

// One module: constants at 0x10000, code at 0x20000. The heap is at 0x90000.
class WordMeaningTest : public ::testing::Test {
 protected:
  WordMeaningTest() {
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

  // A vtable without RTTI of two methods, in the constants. Returns the vtable pointer.
  uint64_t PutVtable() {
    memory_.Put(0x12000, {0, 0, 0x20100, 0x20200});
    return 0x12010;
  }

  // The meaning of word `i` of an object at 0x90000.
  WordMeaning MeaningOf(const std::vector<uint64_t>& words, size_t i,
                        const WordReader::Places& places = {}) {
    HeapReader heap(target_, {});
    ReadInstance object{{.address = Address(0x90000),
                         .block = Address(0x90000),
                         .block_size = words.size() * 8,
                         .klass = 0},
                        {}};
    const auto* bytes = reinterpret_cast<const uint8_t*>(words.data());
    object.bytes.assign(bytes, bytes + words.size() * 8);
    return WordReader(heap, places).Of(object, i);
  }

  testing::FakeMemory memory_;
  Target target_;
};

TEST_F(WordMeaningTest, NumbersAndItself) {
  std::vector<uint64_t> words = {0, 42, 0x90008, 0x90020};
  EXPECT_EQ(MeaningOf(words, 0).kind, WordKind::kZero);
  EXPECT_EQ(MeaningOf(words, 1), (WordMeaning{.kind = WordKind::kNumber, .value = 42}));
  EXPECT_EQ(MeaningOf(words, 2), (WordMeaning{.kind = WordKind::kOwnBlock, .value = 8}));
  EXPECT_EQ(MeaningOf(words, 3).kind, WordKind::kNumber) << "one past the block's end";
}

TEST_F(WordMeaningTest, AddressesByWhatLiesThere) {
  CodeLocation code{ModuleId(0), 0x10100};
  WordReader::Places places;
  places[0xa0010] = {.kind = PlaceKind::kLiveBlock,
                     .block = Address(0xa0000),
                     .block_size = 64,
                     .offset = 0x10,
                     .klass = 3,
                     .class_offset = 8};
  places[0xb0000] = {.kind = PlaceKind::kLiveBlock,
                     .block = Address(0xb0000),
                     .block_size = 40,
                     .content = Content::kText};
  places[0xc0000] = {.kind = PlaceKind::kFreeBlock, .block = Address(0xc0000), .block_size = 16};
  places[0x20100] = {.kind = PlaceKind::kCode, .location = code};
  std::vector<uint64_t> words = {0xa0010, 0xb0000, 0xc0000, 0x20100};
  EXPECT_EQ(MeaningOf(words, 0, places),
            (WordMeaning{.kind = WordKind::kLiveBlock, .value = 8, .klass = 3}))
      << "counted from the object, not from the block";
  EXPECT_EQ(MeaningOf(words, 1, places),
            (WordMeaning{.kind = WordKind::kLiveBlock, .content = Content::kText, .size = 64}));
  EXPECT_EQ(MeaningOf(words, 2, places), (WordMeaning{.kind = WordKind::kFreeBlock}));
  EXPECT_EQ(MeaningOf(words, 3, places), (WordMeaning{.kind = WordKind::kCode, .location = code}));
}

// {1 + 8, 0} beside a pointer to an object: its second virtual method.
TEST_F(WordMeaningTest, PointerToVirtualMethod) {
  memory_.Put(0xa0000, {PutVtable()});
  WordReader::Places places;
  places[0xa0000] = {.kind = PlaceKind::kLiveBlock, .block = Address(0xa0000), .klass = 0};
  WordMeaning expected{
      .kind = WordKind::kVirtualMethod, .value = 1, .location = {ModuleId(0), 0x10200}};
  EXPECT_EQ(MeaningOf({0xa0000, 9, 0}, 1, places), expected);
  EXPECT_EQ(MeaningOf({0xa0000, 10, 0}, 1, places).kind, WordKind::kNumber) << "even";
  EXPECT_EQ(MeaningOf({0xa0000, 9, 1 << 20}, 1, places).kind, WordKind::kNumber) << "adjusted far";
  EXPECT_EQ(MeaningOf({0xa0008, 9, 0}, 1, places).kind, WordKind::kNumber) << "no object";
}

class TextAtTest : public ::testing::Test {
 protected:
  std::optional<std::string> At(std::vector<uint64_t> words, size_t at = 0) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(words.data());
    return TextAt(memory_, Address(0x90000), {bytes, words.size() * 8}, at);
  }
  // Up to eight, then null bytes.
  static uint64_t Letters(std::string_view text) {
    uint64_t word = 0;
    std::memcpy(&word, text.data(), std::min(text.size(), sizeof(word)));
    return word;
  }

  testing::FakeMemory memory_;
};

TEST_F(TextAtTest, ShortString) {
  EXPECT_EQ(At({0x90010, 3, Letters("abc"), 0}), "abc");
  EXPECT_EQ(At({0x90010, 16, Letters("abc"), 0}), std::nullopt) << "does not fit";
  EXPECT_EQ(At({0x90010, 3, 0x030201, 0}), std::nullopt) << "not printable";
}

TEST_F(TextAtTest, LongString) {
  memory_.PutText(0xa0000, "a string of more than fifteen");
  EXPECT_EQ(At({0xa0000, 29, 30, 0}), "a string of more than fifteen");
  EXPECT_EQ(At({0xa0000, 29, 20, 0}), std::nullopt) << "longer than its capacity";
  EXPECT_EQ(At({0xa0000, 200, 300, 0}), std::nullopt) << "not all of it is there";
}

TEST_F(TextAtTest, Characters) {
  EXPECT_EQ(At({Letters("abcd")}), "abcd");
  EXPECT_EQ(At({Letters("abc")}), std::nullopt) << "too short to be no accident";
  EXPECT_EQ(At({Letters("abcdefgh"), Letters("ijkl")}), "abcdefghijkl");
  EXPECT_EQ(At({Letters("abcdefgh"), Letters("ijkl")}, 8), std::nullopt) << "the middle";
  EXPECT_EQ(At({Letters("abcdefgh")}), std::nullopt) << "no end";
}

TEST(ClassSelectorTest, MatchesAnExpressionOrTheNameItself) {
  auto closure = ClassSelector::Make("common::Closure<void, Env*>");
  ASSERT_TRUE(closure.ok());
  EXPECT_TRUE(closure->Matches("common::Closure<void, Env*>"));
  EXPECT_FALSE(closure->Matches("common::Closure<void, Other*>"));
  auto anchored = ClassSelector::Make("^Lock$");
  ASSERT_TRUE(anchored.ok());
  EXPECT_TRUE(anchored->Matches("Lock"));
  EXPECT_FALSE(anchored->Matches("order::Lock"));
  EXPECT_FALSE(ClassSelector::Make("(").ok());
  EXPECT_FALSE(ClassSelector::Make("").ok());
}

// Exponential in a matcher that tries one way after the other.
TEST(ClassSelectorTest, IsQuickOnHostileNames) {
  auto selector = ClassSelector::Make("(a*)*(a*)*b$");
  ASSERT_TRUE(selector.ok());
  EXPECT_FALSE(selector->Matches(std::string(64 << 10, 'a')));
}

}  // namespace
}  // namespace seep
