#include "report/text.h"

#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "report/escape.h"
#include "tests/report/samples.h"

namespace seep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string TextWith(const Findings& findings, size_t width, size_t rows) {
  TextOptions options;
  options.width = width;
  options.rows = rows;
  return Text(findings, options);
}

TEST(Text, ShowsEverySection) {
  TextOptions options;
  options.next_command = "seep report p.rec -o leak.html";
  std::string text = Text(ProxyFindings(), options);
  EXPECT_THAT(text, HasSubstr("932,295 ± 31,000 objects (59.6 ± 2.0 MB)"));
  EXPECT_THAT(text, HasSubstr("pid 4242 on node-7"));
  EXPECT_THAT(text, HasSubstr("  RSS 118 MB, limit 512 MB\n"));
  EXPECT_THAT(text, HasSubstr("   68.1 MB   68.1 MB  live heap, estimated\n"
                              "         –   50.4 MB  not examined\n"
                              "         –    118 MB  RSS\n"));
  EXPECT_THAT(text, HasSubstr("  common::Closure<void, proxy::Env*>\n"
                              "      99.7 % common::internal::MethodClosure<f"));
  EXPECT_THAT(text,
              HasSubstr("    932,295 ± 31,000  59.6 ± 2.0 MB      909    42 s    21 s  rtti\n"));
  EXPECT_THAT(text, HasSubstr("  RequestHandler::HandleCheck(proxy::Env*)  io_handler.cc:57\n"
                              "      RequestHandler::Dispatch(proxy::Env*)  io_handler.cc:112\n"));
  EXPECT_THAT(text, HasSubstr("0 of 30,211\n"));
  EXPECT_THAT(text, HasSubstr("(no debug file)\n"));
  EXPECT_THAT(text, HasSubstr("… callers not known: too deep"));
  EXPECT_THAT(text, HasSubstr("[hash node]"));
  EXPECT_THAT(text, HasSubstr("  cluster=payments-old\n"));
  EXPECT_THAT(text, HasSubstr("  3 samples: drawn inside a signal handler"));
  EXPECT_THAT(text, HasSubstr("Next\n  seep report p.rec -o leak.html\n"));
}

TEST(Text, FitsTheTerminal) {
  for (size_t width : {80, 100, 140}) {
    for (const std::string& line : Lines(TextWith(ProxyFindings(), width, 10))) {
      if (line == "Full names") break;
      EXPECT_LE(Width(line), width) << line;
    }
  }
}

TEST(Text, ShowsRowsAsAsked) {
  std::string text = TextWith(ProxyFindings(), 80, 2);
  EXPECT_THAT(text, HasSubstr("Classes  by bytes, 2 of 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("proxy::Session")));
}

TEST(Text, ShowsTheTableAskedFor) {
  TextOptions options;
  auto titles = [&](HeapTable by) {
    options.by = by;
    std::string shown;
    for (const std::string& line : Lines(Text(ProxyFindings(), options))) {
      for (std::string title : {"Classes", "Base classes", "Modules", "Sizes"}) {
        if (line.starts_with(title + "  ")) shown += title + ";";
      }
    }
    return shown;
  };
  EXPECT_EQ(titles(HeapTable::kClasses), "Classes;");
  EXPECT_EQ(titles(HeapTable::kBaseClasses), "Base classes;");
  EXPECT_EQ(titles(HeapTable::kModules), "Modules;");
  EXPECT_EQ(titles(HeapTable::kSizes), "Sizes;");
  EXPECT_THAT(Text(ProxyFindings(), options), HasSubstr("  33 to 64 B\n"));
}

TEST(Text, ColoursOnlyWhenAsked) {
  EXPECT_THAT(Text(ProxyFindings()), Not(HasSubstr("\x1b")));
  TextOptions options;
  options.color = true;
  EXPECT_THAT(Text(ProxyFindings(), options), HasSubstr("\x1b[1mClasses\x1b[0m"));
}

TEST(Text, CutNamesStandInFullOnTheirOwnLine) {
  std::string text = Text(ProxyFindings());
  EXPECT_THAT(text, HasSubstr("\nFull names\n"));
  EXPECT_THAT(text, HasSubstr("\n  std::pair<std::__cxx11::basic_string<char, "
                              "std::char_traits<char>, std::allocator<char> > const, "
                              "proxy::Address>\n"));
}

TEST(Text, ShortNamesComeWithTheirFullOnes) {
  Findings findings = ProxyFindings();
  findings.classes[0].short_name = "MethodClosure<…>";
  std::string text = TextWith(findings, 80, 1);
  EXPECT_THAT(text, HasSubstr("\n  MethodClosure<…>\n"));
  EXPECT_THAT(text.substr(text.find("Full names")), HasSubstr("\n  " + findings.classes[0].name));
}

TEST(Text, HostileNamesAreTextAndWhole) {
  std::string name = HostileName();
  std::string text = Text(HostileFindings(name));
  for (char c : text) ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(text.find('\x7f'), std::string::npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  for (const std::string& shown : {Visible(name), "Base" + Visible(name), "Caller" + Visible(name),
                                   Visible(name + "=" + name)}) {
    EXPECT_NE(text.find("\n  " + shown + "\n"), std::string::npos) << shown.substr(0, 40);
  }
}

TEST(Text, AnEmptyReportSaysSo) {
  std::string text = Text(Findings{});
  EXPECT_THAT(text, HasSubstr("Nothing can be said yet"));
  EXPECT_THAT(text, HasSubstr("by bytes, 0 of 0"));
}

}  // namespace
}  // namespace seep
