#include "analysis/cpp_name.h"

#include <array>
#include <string>

namespace seep {
namespace {

// Knows at each character whether it is outside of all brackets. A '>' closes only a '<', and a
// closing ')' forgets each '<' opened inside it: that was a "less than", as in "(a<b)".
class Brackets {
 public:
  bool outside() const { return open_.empty(); }

  void Feed(char c) {
    switch (c) {
      case '<':
      case '(':
      case '[':
      case '{':
        open_.push_back(c);
        break;
      case '>':
        if (!open_.empty() && open_.back() == '<') open_.pop_back();
        break;
      case ')':
        Close('(');
        break;
      case ']':
        Close('[');
        break;
      case '}':
        Close('{');
        break;
      default:
        break;
    }
  }

 private:
  // Pops to the opening partner. A closer without one is text.
  void Close(char opener) {
    while (!open_.empty() && open_.back() == '<') open_.pop_back();
    if (!open_.empty() && open_.back() == opener) open_.pop_back();
  }

  std::string open_;
};

constexpr std::string_view kAnonymous = "(anonymous namespace)";
constexpr std::string_view kOperator = "operator";

bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Length of an operator's name at the start of `text`, 0 if there is none: its symbol may hold
// brackets ("operator<<", "operator()") and blanks ("operator new[]", "operator std::string").
size_t OperatorLength(std::string_view text) {
  static constexpr std::array<std::string_view, 16> kSymbols = {
      " new[]", " new", " delete[]", " delete", "<=>", "<<=", ">>=", "->*",
      "<<",     ">>",   "<=",        ">=",      "->",  "()",  "[]",  "<"};
  if (!text.starts_with(kOperator)) return 0;
  std::string_view rest = text.substr(kOperator.size());
  if (rest.empty() || IsWordCharacter(rest[0])) return 0;
  for (std::string_view symbol : kSymbols) {
    if (!rest.starts_with(symbol)) continue;
    size_t length = kOperator.size() + symbol.size();
    // "operator<< <char>": the blank keeps the demangler's own output apart, and is no border.
    return text.substr(length).starts_with(" <") ? length + 1 : length;
  }
  if (rest[0] == ' ') {  // a conversion; its type ends where the parameters begin
    size_t parameters = rest.find('(');
    return parameters == rest.npos ? text.size() : kOperator.size() + parameters;
  }
  return kOperator.size() + 1;  // operator+, operator>, …
}

// Calls visit(position, outside before, outside after) for each character that is not part of an
// operator's name or of "(anonymous namespace)"; outside: of all brackets. It returns false to
// stop.
template <typename Visitor>
void Walk(std::string_view text, Visitor visit) {
  Brackets brackets;
  for (size_t i = 0; i < text.size();) {
    bool word_start = i == 0 || !IsWordCharacter(text[i - 1]);
    if (size_t length = word_start ? OperatorLength(text.substr(i)) : 0; length > 0) {
      i += length;
    } else if (text.substr(i).starts_with(kAnonymous)) {
      i += kAnonymous.size();
    } else if (text.substr(i).starts_with("->")) {
      i += 2;  // in "decltype(p->x)" it closes nothing
    } else {
      bool before = brackets.outside();
      brackets.Feed(text[i]);
      if (!visit(i, before, brackets.outside())) return;
      ++i;
    }
  }
}

// After a parameter list: "f() const::{lambda()#1}" goes on, its list belonged to an outer scope.
// Returns the length of what stands between, or npos when the name ends here.
size_t LocalScope(std::string_view after) {
  std::string_view rest = after;
  for (std::string_view qualifier : {" const", " volatile", " &&", " &"}) {
    if (rest.starts_with(qualifier)) rest.remove_prefix(qualifier.size());
  }
  return rest.starts_with("::") ? after.size() - rest.size() : after.npos;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Splits at `separator` outside of all brackets.
std::vector<std::string_view> SplitOutside(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  Walk(text, [&](size_t i, bool outside, bool) {
    if (outside && i >= begin && text.substr(i).starts_with(separator)) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + separator.size();
    }
    return true;
  });
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace

std::string_view QualifiedName(std::string_view text) {
  size_t begin = 0;  // after the return type, as far as it was seen
  size_t end = text.size();
  size_t parameters = text.npos;  // the '(' that may open them
  size_t in_name_until = 0;       // blanks before this position do not end the return type
  Walk(text, [&](size_t i, bool before, bool after) {
    if (before && text[i] == '(') {
      parameters = text.substr(0, i).ends_with("decltype ") ? text.npos : i;
    } else if (!before && after && text[i] == ')' && parameters != text.npos) {
      size_t scope = LocalScope(text.substr(i + 1));
      if (scope == text.npos) {
        end = parameters;
        return false;
      }
      in_name_until = i + 1 + scope;
    } else if (before && text[i] == ' ' && i >= in_name_until) {
      if (text.substr(i).starts_with(" [clone")) {
        end = i;
        return false;
      }
      begin = i + 1;
    }
    return true;
  });
  return text.substr(begin, end - begin);
}

std::vector<NamePart> SplitName(std::string_view qualified_name) {
  std::vector<NamePart> parts;
  for (std::string_view part : SplitOutside(qualified_name, "::")) {
    size_t bracket = part.starts_with(kOperator) ? part.npos : part.find('<');
    if (bracket == part.npos || part.back() != '>') {
      parts.push_back({part, {}});
    } else {
      parts.push_back(
          {part.substr(0, bracket), part.substr(bracket + 1, part.size() - bracket - 2)});
    }
  }
  return parts;
}

std::vector<std::string_view> SplitArguments(std::string_view arguments) {
  std::vector<std::string_view> parts = SplitOutside(arguments, ",");
  for (std::string_view& part : parts) part = Trim(part);
  return parts;
}

}  // namespace seep
