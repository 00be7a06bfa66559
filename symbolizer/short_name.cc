#include "symbolizer/short_name.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "symbolizer/std_defaults.h"

namespace seep {
namespace {

constexpr size_t kMaxLength = size_t{64} << 10;
constexpr int kMaxDepth = 128;

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// The qualified name at the end of `text`: "const std::vector" → "std::vector".
std::string_view QualifiedTail(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && (IsWordCharacter(text[begin - 1]) || text[begin - 1] == ':')) --begin;
  return text.substr(begin);
}

// One walk from left to right over
//   name  := ( word | operator | '<' name { ',' name } '>' | bracketed | other )*
// that rewrites on the way, so that an argument is short before its template is looked at:
//   vector<basic_string<char, T, A>, allocator<basic_string<char, T, A>>>
//   vector<std::string,              allocator<std::string>>                 the arguments
//   vector<std::string>                                                      the template
// No regular expression can do it: brackets nest, and "operator<" opens none.
class Shortener {
 public:
  explicit Shortener(std::string_view input) : input_(input) {}

  // nullopt: not well bracketed, or too deep.
  std::optional<std::string> Run() {
    std::string out = Name('\0');
    if (failed_ || position_ != input_.size()) return std::nullopt;
    return out;
  }

 private:
  bool AtEnd() const { return position_ == input_.size(); }
  bool At(std::string_view token) const { return input_.substr(position_).starts_with(token); }

  // Up to, not including, the bracket `closing`; inside '<' also up to a comma.
  std::string Name(char closing) {
    std::string out;
    if (++depth_ > kMaxDepth) failed_ = true;
    while (!failed_ && !AtEnd()) {
      char c = input_[position_];
      if (c == closing || (closing == '>' && c == ',')) break;
      Element(closing, &out);
    }
    --depth_;
    return out;
  }

  void Element(char closing, std::string* out) {
    char c = input_[position_];
    if (IsWordCharacter(c)) return Word(out);
    if (At("->")) return Copy(2, out);
    if (c == '<' && !out->ends_with(')')) return Template(out);
    if (c == '(') return Bracketed(')', out);
    if (c == '{') return Bracketed('}', out);
    if (c == '[') return Bracketed(']', out);
    // A lone '>' or '<' is a comparison, which the demangler puts into parentheses.
    if (c == ')' || c == '}' || c == ']' || (c == '>' && closing == '\0')) failed_ = true;
    Copy(1, out);
  }

  void Copy(size_t length, std::string* out) {
    out->append(input_.substr(position_, length));
    position_ += length;
  }

  void Word(std::string* out) {
    size_t end = position_;
    while (end < input_.size() && IsWordCharacter(input_[end])) ++end;
    std::string_view word = input_.substr(position_, end - position_);
    bool in_std = QualifiedTail(*out).starts_with("std::");
    bool inline_namespace = word == "__cxx11" || word == "__1" || word == "_V2";
    if (in_std && inline_namespace && input_.substr(end).starts_with("::")) {
      position_ = end + 2;
      return;
    }
    Copy(word.size(), out);
    if (word == "operator") OperatorSymbol(out);
  }

  // The brackets in an operator's name open and close nothing. Longest first.
  void OperatorSymbol(std::string* out) {
    constexpr std::array<std::string_view, 14> kSymbols = {
        "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "[]", "<", ">", ","};
    for (std::string_view symbol : kSymbols) {
      if (!At(symbol)) continue;
      Copy(symbol.size(), out);
      if (At("<")) Template(out);  // "operator()<int>"; elsewhere ")<" is a comparison
      return;
    }
  }

  void Template(std::string* out) {
    ++position_;
    std::vector<std::string> arguments;
    for (;;) {
      while (At(" ")) ++position_;
      arguments.push_back(Name('>'));
      while (arguments.back().ends_with(' ')) arguments.back().pop_back();
      if (failed_ || AtEnd()) {
        failed_ = true;
        return;
      }
      bool last = input_[position_++] == '>';
      if (last) break;
    }
    std::string name(QualifiedTail(*out));
    out->resize(out->size() - name.size());
    *out += ShortTemplate(name, std::move(arguments));
  }

  void Bracketed(char closing, std::string* out) {
    char opening = input_[position_++];
    std::string inside = Name(closing);
    if (failed_ || AtEnd()) {
      failed_ = true;
      return;
    }
    ++position_;
    bool joins_words = !AtEnd() && IsWordCharacter(input_[position_]);
    if (inside == "abi:cxx11" && opening == '[' && !joins_words) return;
    *out += opening;
    *out += inside;
    *out += closing;
  }

  std::string_view input_;
  size_t position_ = 0;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace

std::string ShortName(std::string_view full) {
  if (full.size() > kMaxLength) return std::string(full);
  return Shortener(full).Run().value_or(std::string(full));
}

}  // namespace seep
