#include "report/escape.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/report/samples.h"

namespace seep {
namespace {

TEST(Visible, LeavesOrdinaryTextAlone) {
  for (std::string text : {"common::Closure<void, Env*>", "</script>", "\"'&`", "größe → 数", ""}) {
    EXPECT_EQ(Visible(text), text);
  }
}

TEST(Visible, ShowsControlCharacters) {
  EXPECT_EQ(Visible("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(Visible("\r\n\t\x7f"), "\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(Visible(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Visible("\xc2\x9b[1m"), "\\x9b[1m");  // the C1 form of "escape ["
}

TEST(Visible, ShowsWhatHidesOrReverses) {
  EXPECT_EQ(Visible("a\xe2\x80\xae."), "a\\u{202e}.");  // right-to-left override
  EXPECT_EQ(Visible("\xe2\x80\x8b"), "\\u{200b}");      // zero-width space
  EXPECT_EQ(Visible("\xe2\x80\xa8"), "\\u{2028}");      // line separator
}

TEST(Visible, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(Visible("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(Visible("\xc3"), "\\xc3");                             // cut short
  EXPECT_EQ(Visible("\xc0\xaf"), "\\xc0\\xaf");                    // overlong '/'
  EXPECT_EQ(Visible("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong '/'
  EXPECT_EQ(Visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(Visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(Visible("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}

TEST(Visible, IsIdempotent) {
  std::string once = Visible(HostileName());
  EXPECT_EQ(Visible(once), once);
}

TEST(HtmlText, LeavesNothingThatMarkupIsMadeOf) {
  EXPECT_EQ(HtmlText("</script>\"'&\x01"), "&lt;/script&gt;&quot;&#39;&amp;\\x01");
  EXPECT_EQ(HtmlText(HostileName()).find_first_of("<>\"'"), std::string::npos);
}

TEST(Elide, KeepsBothEnds) {
  EXPECT_EQ(Elide("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(Elide("abcdefghij", 7), "abc…hij");
  EXPECT_EQ(Elide("abcdefghij", 6), "abc…ij");
  EXPECT_EQ(Elide("abcdefghij", 1), "…");
  EXPECT_EQ(Elide("abcdefghij", 0), "");
}

TEST(Elide, CutsBetweenCharacters) {
  EXPECT_EQ(Elide("äöüäöü", 5), "äö…öü");
  EXPECT_EQ(Width("äö…öü"), 5u);
}

}  // namespace
}  // namespace seep
