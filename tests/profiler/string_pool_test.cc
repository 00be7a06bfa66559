#include "profiler/string_pool.h"

#include <gtest/gtest.h>

#include <string>

#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/private_mirror.h"

namespace seep::profiler {
namespace {

TEST(StringPoolTest, KeepsStrings) {
  InChild([] {
    recording::StringRef a = AddString("first");
    recording::StringRef b = AddString(std::string("se\0cond", 7));
    EXPECT_EQ(StringAt(a), "first");
    EXPECT_EQ(StringAt(b), std::string("se\0cond", 7));
    EXPECT_EQ(StringAt(AddString("")), "");
  });
}

TEST(StringPoolTest, MirrorsWhatItIsAskedTo) {
  InChild([] {
    recording::StringRef before = AddString("before there is a file");
    PrivateMirror mirror;
    mirror.Attach();
    MirrorString(before);
    recording::StringRef after = AddString("after");
    MirrorString(after);
    EXPECT_EQ(Text(before), "before there is a file");
    EXPECT_EQ(Text(after), "after");
    EXPECT_EQ(MirrorHeader()->sections[recording::kStrings].used, after.offset + after.length);
  });
}

TEST(StringPoolTest, FullIsCountedAndTheRestStays) {
  InChild([] {
    recording::StringRef first = AddString("first");
    while (AddString(std::string(1000, 'x')).length != 0) {
    }
    EXPECT_EQ(CounterValue(recording::kStringsFull), 1u);
    recording::StringRef small = AddString("small");
    EXPECT_EQ(StringAt(small), "small") << "there is room for this one";
    EXPECT_EQ(AddString(std::string(kStringCapacity + 1, 'x')).length, 0u);
    EXPECT_EQ(CounterValue(recording::kStringsFull), 2u);
    EXPECT_EQ(StringAt(first), "first");
  });
}

}  // namespace
}  // namespace seep::profiler
