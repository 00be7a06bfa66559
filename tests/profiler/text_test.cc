#include "profiler/text.h"

#include <gtest/gtest.h>

#include "profiler/small_file.h"

namespace seep::profiler {
namespace {

TEST(TextTest, CutsAndSaysSo) {
  Text<8> text;
  EXPECT_EQ(text.Add("1234").Add("567").view(), "1234567");
  EXPECT_TRUE(text.whole());
  EXPECT_EQ(text.Add("8").view(), "1234567");
  EXPECT_FALSE(text.whole());
  EXPECT_STREQ(text.c_str(), "1234567");
  EXPECT_EQ(text.Add("").view(), "1234567");
  text.clear();
  EXPECT_TRUE(text.whole());
  EXPECT_STREQ(text.Add("123456789").c_str(), "1234567");
}

TEST(TextTest, Numbers) {
  EXPECT_EQ(Text<64>().AddNumber(0).view(), "0");
  EXPECT_EQ(Text<64>().AddNumber(18446744073709551615u).view(), "18446744073709551615");
  EXPECT_EQ(Text<64>().AddNumber(0xBEEF, 16, 16).view(), "000000000000beef");
  EXPECT_EQ(Text<80>().AddNumber(~uint64_t{0}, 2).view(), std::string(64, '1'));
  EXPECT_EQ(Text<4>().AddNumber(12345).view(), "123");
}

TEST(TextTest, SlicesNeverReachOutside) {
  EXPECT_EQ(Slice("hello", 1, 3), "ell");
  EXPECT_EQ(Slice("hello", 1), "ello");
  EXPECT_EQ(Slice("hello", 5), "");
  EXPECT_EQ(Slice("hello", 6), "");
  EXPECT_EQ(Slice("hello", ~size_t{0}, ~size_t{0}), "");
  EXPECT_EQ(Slice("hello", 4, ~size_t{0}), "o");
}

TEST(TextTest, ParsesTheNumberAtTheFront) {
  unsigned long long value = 7;
  EXPECT_TRUE(ParseNumber("4096\n", &value));
  EXPECT_EQ(value, 4096u);
  EXPECT_TRUE(ParseNumber("9223372036854771712", &value)) << "how cgroup v1 says unlimited";
  EXPECT_EQ(value, 9223372036854771712u);
  EXPECT_FALSE(ParseNumber("max\n", &value)) << "how cgroup v2 does";
  EXPECT_FALSE(ParseNumber("", &value));
  EXPECT_FALSE(ParseNumber(" 1", &value));
}

TEST(TextTest, ReadsTheHeadOfAFile) {
  char buffer[8];
  EXPECT_EQ(ReadSmallFile("/proc/sys/kernel/ostype", buffer, sizeof(buffer)), "Linux\n");
  EXPECT_EQ(ReadSmallFile("/proc/sys/kernel/ostype", buffer, 3), "Lin");
  errno = 17;
  EXPECT_EQ(ReadSmallFile("/no/such/file", buffer, sizeof(buffer)), "");
  EXPECT_EQ(errno, 17);
}

}  // namespace
}  // namespace seep::profiler
