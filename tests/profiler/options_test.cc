#include "profiler/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace seep::profiler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> g_reported;

Options Parse(const std::string& text) {
  g_reported.clear();
  return ParseOptions(text.c_str(), [](const char* part) { g_reported.emplace_back(part); });
}

TEST(OptionsTest, NothingMeansDefaults) {
  for (const char* text : {static_cast<const char*>(nullptr), "", ":", ":::"}) {
    Options options = ParseOptions(text, [](const char*) { ADD_FAILURE(); });
    EXPECT_TRUE(options.profile);
    EXPECT_EQ(options.interval, 512u << 10);
    EXPECT_TRUE(options.output.view().empty());
    EXPECT_FALSE(options.rss);
    EXPECT_EQ(options.keep, 16u);
    EXPECT_EQ(options.keep_bytes, 256u << 20);
  }
}

TEST(OptionsTest, AllKeys) {
  Options options = Parse("sample=64KiB:output=/tmp/x/:rss=on:keep=3:keep_bytes=1G:profile=off");
  EXPECT_EQ(options.interval, 64u << 10);
  EXPECT_EQ(options.output.view(), "/tmp/x/");
  EXPECT_TRUE(options.rss);
  EXPECT_EQ(options.keep, 3u);
  EXPECT_EQ(options.keep_bytes, 1u << 30);
  EXPECT_FALSE(options.profile);
  EXPECT_THAT(g_reported, IsEmpty());
}

TEST(OptionsTest, Sizes) {
  struct {
    const char* text;
    uint64_t bytes;
  } sizes[] = {
      {"1", 1},
      {"4096", 4096},
      {"4096B", 4096},
      {"64k", 64 << 10},
      {"64K", 64 << 10},
      {"64KB", 64 << 10},
      {"64KiB", 64 << 10},
      {"3MiB", 3 << 20},
      {"2g", 2ull << 30},
      {"1024GiB", 1ull << 40},
      {"0", 0},
      {"off", 0},
      {"1099511627776", 1ull << 40},
  };
  for (const auto& size : sizes) {
    EXPECT_EQ(Parse(std::string("sample=") + size.text).interval, size.bytes) << size.text;
    EXPECT_THAT(g_reported, IsEmpty()) << size.text;
  }
}

TEST(OptionsTest, WhatIsNoSizeIsReportedAndChangesNothing) {
  for (const char* text :
       {"", "KiB", "-1", "64 KiB", "64X", "64KX", "64KiBs", "64iB", "0x10", "1.5M", "1099511627777",
        "1025GiB", "99999999999999999999999999", "on"}) {
    std::string part = std::string("sample=") + text;
    EXPECT_EQ(Parse(part).interval, 512u << 10) << text;
    EXPECT_THAT(g_reported, ElementsAre(part));
  }
}

TEST(OptionsTest, UnknownKeysAreReportedAndTheRestTakesEffect) {
  Options options = Parse("color=red:sample=4K:verbose:=:rss=maybe:keep=");
  EXPECT_EQ(options.interval, 4096u);
  EXPECT_FALSE(options.rss);
  EXPECT_EQ(options.keep, 16u);
  EXPECT_THAT(g_reported, ElementsAre("color=red", "verbose", "=", "rss=maybe", "keep="));
}

TEST(OptionsTest, TheLastOneCounts) {
  EXPECT_EQ(Parse("sample=4K:sample=8K").interval, 8192u);
  EXPECT_EQ(Parse("sample=4K:sample=nonsense").interval, 4096u);
}

TEST(OptionsTest, Escapes) {
  EXPECT_EQ(Parse(R"(output=/a\:b/c\\d\x:sample=1)").output.view(), R"(/a:b/c\dx)");
  EXPECT_EQ(Parse(R"(output=/a\)").output.view(), R"(/a\)") << "nothing to escape";
  EXPECT_EQ(Parse("output=a=b").output.view(), "a=b");
}

TEST(OptionsTest, OverlongPathsAreReportedNotCut) {
  std::string fits(511, 'x');
  EXPECT_EQ(Parse("output=" + fits).output.view(), fits);
  Options options = Parse("output=/ok:output=" + fits + "x:sample=1");
  EXPECT_EQ(options.output.view(), "/ok");
  EXPECT_EQ(options.interval, 1u);
  EXPECT_THAT(g_reported, ElementsAre("output=" + fits + "x"));
}

// Longer than any part may be: cut in the report, and the next part is still found.
TEST(OptionsTest, OverlongPartsAreSkippedWhole) {
  EXPECT_EQ(Parse("sample=" + std::string(5000, '0') + "1:keep=7").keep, 7u);
  ASSERT_EQ(g_reported.size(), 1u);
  EXPECT_EQ(g_reported[0].size(), 1023u);
  EXPECT_EQ(Parse("sample=4K:" + std::string(100'000, 'x')).interval, 4096u);
}

}  // namespace
}  // namespace seep::profiler
