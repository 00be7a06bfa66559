// The pieces of an HTML report. Markup is ours and written as it is; all else is text and escaped.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "analysis/findings.h"

namespace seep {

inline constexpr size_t kHtmlRows = 300;  // shown of each table

class HtmlPage {
 public:
  void Markup(std::string_view html) { out_ += html; }
  void Text(std::string_view hostile);
  void Name(std::string_view hostile);  // in the type of code

  // A section's title, and how many of its rows are shown.
  void SectionHead(std::string_view title, std::string_view note, size_t rows);

  // A table of figures up to its body: `first`, objects, bytes, samples, ages, and `last`.
  void FigureHeads(std::string_view first, std::initializer_list<std::string_view> last);
  void FigureCells(const Quantity& live, const Ages& ages);
  // The same for classes whose objects were counted: no errors, no samples, no ages.
  void CountHeads(std::string_view first, std::initializer_list<std::string_view> last);
  void CountCells(const ClassRow& row);
  void Cell(std::string_view label, std::string_view text);

  // Of a definition list.
  void Pair(std::string_view term, std::string_view hostile);
  // A list's last entry, where not all were shown.
  void MoreThan(size_t shown, size_t all);

  std::string Take() && { return std::move(out_); }

 private:
  void Heads(std::string_view first, std::initializer_list<std::string_view> figures,
             std::initializer_list<std::string_view> last);
  void ErrorCell(std::string_view error);

  std::string out_;
};

}  // namespace seep
