// Lines of a text report: wrapping, columns, and names that fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace seep {

class TextPage {
 public:
  TextPage(size_t width, bool color);

  void Title(std::string_view title, std::string_view note = "");
  void Line(std::string_view text) { out_.append(text).push_back('\n'); }
  void Faint(std::string_view text);

  // Breaks at blanks; a word that is longer than a line gets one of its own.
  void Paragraph(std::string_view text, size_t indent = 0);

  // Cells right-aligned under their headings, except a last column that is left-aligned. `above`
  // gives the lines that stand over each row.
  using Row = std::vector<std::string>;
  struct Table {
    Row headings;
    std::vector<Row> rows;
    std::vector<std::vector<std::string>> above;  // none, or one entry a row
  };
  void Print(const Table& table, size_t indent);

  // The hostile name, made visible, in at most `columns`. What does not fit goes to full_names().
  std::string Fit(std::string_view hostile, size_t columns);
  // The same, but shows `shorter` in its place and keeps the full name wherever they differ.
  std::string FitShort(std::string_view shorter, std::string_view hostile, size_t columns);

  size_t width() const { return width_; }
  const std::vector<std::string>& full_names() const { return full_names_; }
  std::string Take() && { return std::move(out_); }

 private:
  void Keep(std::string name);

  size_t width_;
  bool color_;
  std::string out_;
  std::vector<std::string> full_names_;
  absl::flat_hash_set<std::string> kept_;
};

}  // namespace seep
