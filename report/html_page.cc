#include "report/html_page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/words.h"

namespace seep {

void HtmlPage::Text(std::string_view hostile) { out_ += HtmlText(hostile); }

void HtmlPage::Name(std::string_view hostile) {
  Markup("<span class=\"name\">");
  Text(hostile);
  Markup("</span>");
}

void HtmlPage::SectionHead(std::string_view title, std::string_view note, size_t rows) {
  Markup("<section><h2>");
  Markup(title);
  Markup("</h2><p class=\"soft\">");
  Markup(note);
  Text(absl::StrCat(" By bytes; ", FormatCount(std::min(rows, kHtmlRows)), " of ",
                    FormatCount(rows), " rows.",
                    rows > kHtmlRows ? " The others are in the JSON report." : ""));
  Markup("</p>");
}

void HtmlPage::Heads(std::string_view first, std::initializer_list<std::string_view> figures,
                     std::initializer_list<std::string_view> last) {
  Markup("<table class=\"rows\"><thead><tr>");
  auto head = [this](std::string_view text) {
    Markup("<th>");
    Markup(text);
    Markup("</th>");
  };
  head(first);
  for (std::string_view text : figures) head(text);
  for (std::string_view text : last) head(text);
  Markup("</tr></thead><tbody>\n");
}

void HtmlPage::FigureHeads(std::string_view first, std::initializer_list<std::string_view> last) {
  // An estimate has two cells, so that values stand below values and errors below errors.
  Heads(first, {"objects", "", "bytes", "", "samples", "oldest", "median age"}, last);
}

void HtmlPage::CountHeads(std::string_view first, std::initializer_list<std::string_view> last) {
  Heads(first, {"objects", "bytes", "average", "of live"}, last);
}

void HtmlPage::CountCells(const ClassRow& row) {
  Cell("objects", FormatCount(row.live.objects.value));
  Cell("bytes", FormatBytes(row.live.bytes.value));
  Cell("average", FormatBytes(row.mean_bytes));
  Cell("of live", FormatPercent(row.share_of_live));
}

void HtmlPage::FigureCells(const Quantity& live, const Ages& ages) {
  Cell("objects", FormatCount(live.objects.value));
  ErrorCell(FormatCountError(live.objects));
  Cell("bytes", FormatBytes(live.bytes.value));
  ErrorCell(FormatBytesError(live.bytes));
  Cell("samples", FormatCount(live.objects.samples));
  Cell("oldest", AgeOrDash(ages.oldest_s));
  Cell("median age", AgeOrDash(ages.median_s));
}

void HtmlPage::Cell(std::string_view label, std::string_view text) {
  Markup("<td data-label=\"");
  Markup(label);
  Markup("\">");
  Text(text);
  Markup("</td>");
}

void HtmlPage::ErrorCell(std::string_view error) {
  Markup("<td class=\"error\">");
  if (!error.empty()) Markup("± ");
  Text(error);
  Markup("</td>");
}

void HtmlPage::Pair(std::string_view term, std::string_view hostile) {
  Markup("<dt>");
  Markup(term);
  Markup("</dt><dd>");
  Text(hostile);
  Markup("</dd>");
}

void HtmlPage::MoreThan(size_t shown, size_t all) {
  if (all > shown) Markup(absl::StrCat("<li class=\"soft\">and ", all - shown, " more"));
}

}  // namespace seep
