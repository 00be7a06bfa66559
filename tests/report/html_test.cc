// What the page says. Whether it is well formed and safe is for other people's parsers to say:
// page_test.py and browser_test.py.
#include "report/html.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/report/samples.h"

namespace seep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Html, OpensWithTheSentence) {
  std::string page = Html(ProxyFindings());
  size_t sentence = page.find("<span class=\"figure\">932,295 ± 31,000 objects</span>");
  ASSERT_NE(sentence, std::string::npos);
  EXPECT_LT(sentence, page.find("<table"));
  EXPECT_THAT(page, HasSubstr("<span class=\"name\">io_handler.cc:57</span>"));
}

TEST(Html, ShowsFiguresWithTheirErrors) {
  EXPECT_THAT(Html(ProxyFindings()),
              HasSubstr("<td data-label=\"objects\">928,197</td><td class=\"error\">± 31,000</td>"
                        "<td data-label=\"bytes\">59.4 MB</td><td class=\"error\">± 2.0</td>"
                        "<td data-label=\"samples\">906</td>"));
}

TEST(Html, LinksClassesToTheirSites) {
  std::string page = Html(ProxyFindings());
  EXPECT_THAT(page,
              HasSubstr("<a href=\"#site-0\"><span class=\"name\">RequestHandler::HandleCheck"));
  EXPECT_THAT(page, HasSubstr("<tr id=\"site-0\">"));
}

TEST(Html, ShowsStacksWithTheAllocatorsFramesFaint) {
  std::string page = Html(ProxyFindings());
  EXPECT_THAT(page, HasSubstr("<li class=\"library\"><span class=\"name\">operator new(unsigned "
                              "long)</span>"));
  EXPECT_THAT(page, HasSubstr("<li><span class=\"name\">RequestHandler::HandleCheck(proxy::Env*)"
                              "</span> <span class=\"soft\">/src/proxy/io_handler.cc:57</span>"));
  EXPECT_THAT(page, HasSubstr("callers not known: too deep"));
}

TEST(Html, RunsNothingAndFetchesNothing) {
  std::string page = Html(ProxyFindings());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* way :
       {"<script", "<link", "<img", "<iframe", "http:", "https:", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(way)));
  }
}

TEST(Html, SaysHowManyRowsItLeavesOut) {
  Findings findings = ProxyFindings();
  LabelRow label = findings.labels.front();
  findings.labels.assign(1234, label);
  EXPECT_THAT(Html(findings), HasSubstr("300 of 1,234 rows. The others are in the JSON report."));
}

}  // namespace
}  // namespace seep
