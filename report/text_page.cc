#include "report/text_page.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "report/escape.h"

namespace seep {
namespace {

constexpr std::string_view kBold = "\x1b[1m", kDim = "\x1b[2m", kPlain = "\x1b[0m";
constexpr std::string_view kGap = "  ";

std::string Blanks(size_t n) { return std::string(n, ' '); }

std::string PadLeft(std::string_view cell, size_t width) {
  size_t used = Width(cell);
  return Blanks(width > used ? width - used : 0).append(cell);
}

std::vector<size_t> ColumnWidths(const TextPage::Table& table) {
  std::vector<size_t> widths;
  for (const std::string& heading : table.headings) widths.push_back(Width(heading));
  for (const TextPage::Row& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  return widths;
}

std::string Aligned(const TextPage::Row& row, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) line += kGap;
    line += i + 1 == row.size() ? row[i] : PadLeft(row[i], widths[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

TextPage::TextPage(size_t width, bool color) : width_(std::max<size_t>(width, 40)), color_(color) {}

void TextPage::Title(std::string_view title, std::string_view note) {
  out_ += '\n';
  if (color_) out_ += kBold;
  out_ += title;
  if (color_) out_ += kPlain;
  if (!note.empty()) out_.append(kGap).append(note);
  out_ += '\n';
}

void TextPage::Faint(std::string_view text) {
  if (color_) out_ += kDim;
  out_ += text;
  if (color_) out_ += kPlain;
  out_ += '\n';
}

void TextPage::Paragraph(std::string_view text, size_t indent) {
  std::string line;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find(' ', begin), text.size());
    std::string_view word = text.substr(begin, end - begin);
    if (!line.empty() && indent + Width(line) + 1 + Width(word) > width_) {
      Line(Blanks(indent) + line);
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    begin = end + 1;
  }
  if (!line.empty()) Line(Blanks(indent) + line);
}

void TextPage::Print(const Table& table, size_t indent) {
  std::vector<size_t> widths = ColumnWidths(table);
  Faint(Blanks(indent) + Aligned(table.headings, widths));
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (i < table.above.size()) {
      for (const std::string& line : table.above[i]) Line(line);
    }
    Line(Blanks(indent) + Aligned(table.rows[i], widths));
  }
}

std::string TextPage::Fit(std::string_view hostile, size_t columns) {
  return FitShort(hostile, hostile, columns);
}

std::string TextPage::FitShort(std::string_view shorter, std::string_view hostile, size_t columns) {
  std::string full = Visible(hostile);
  std::string fitted = Elide(Visible(shorter), columns);
  if (fitted != full) Keep(std::move(full));
  return fitted;
}

void TextPage::Keep(std::string name) {
  if (kept_.insert(name).second) full_names_.push_back(std::move(name));
}

}  // namespace seep
