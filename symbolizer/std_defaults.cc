#include "symbolizer/std_defaults.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_join.h"

namespace seep {
namespace {

// $0 and $1 stand for the first two arguments.
struct Defaults {
  std::string_view name;
  size_t required;
  std::array<std::string_view, 3> patterns;  // of the arguments after the required ones
};

constexpr std::string_view kAllocator = "std::allocator<$0>";
constexpr std::string_view kPairAllocator = "std::allocator<std::pair<$0 const, $1>>";
constexpr std::string_view kTraits = "std::char_traits<$0>";
constexpr std::string_view kLess = "std::less<$0>";
constexpr std::string_view kHash = "std::hash<$0>";
constexpr std::string_view kEqual = "std::equal_to<$0>";

constexpr Defaults kDefaults[] = {
    {"std::vector", 1, {kAllocator}},
    {"std::deque", 1, {kAllocator}},
    {"std::list", 1, {kAllocator}},
    {"std::forward_list", 1, {kAllocator}},
    {"std::set", 1, {kLess, kAllocator}},
    {"std::multiset", 1, {kLess, kAllocator}},
    {"std::map", 2, {kLess, kPairAllocator}},
    {"std::multimap", 2, {kLess, kPairAllocator}},
    {"std::unordered_set", 1, {kHash, kEqual, kAllocator}},
    {"std::unordered_multiset", 1, {kHash, kEqual, kAllocator}},
    {"std::unordered_map", 2, {kHash, kEqual, kPairAllocator}},
    {"std::unordered_multimap", 2, {kHash, kEqual, kPairAllocator}},
    {"std::unique_ptr", 1, {"std::default_delete<$0>"}},
    {"std::stack", 1, {"std::deque<$0>"}},
    {"std::queue", 1, {"std::deque<$0>"}},
    {"std::priority_queue", 1, {"std::vector<$0>", kLess}},
    {"std::basic_string", 1, {kTraits, kAllocator}},
    {"std::basic_string_view", 1, {kTraits}},
    {"std::basic_ios", 1, {kTraits}},
    {"std::basic_istream", 1, {kTraits}},
    {"std::basic_ostream", 1, {kTraits}},
    {"std::basic_iostream", 1, {kTraits}},
    {"std::basic_streambuf", 1, {kTraits}},
    {"std::basic_filebuf", 1, {kTraits}},
    {"std::basic_ifstream", 1, {kTraits}},
    {"std::basic_ofstream", 1, {kTraits}},
    {"std::basic_fstream", 1, {kTraits}},
    {"std::basic_stringbuf", 1, {kTraits, kAllocator}},
    {"std::basic_istringstream", 1, {kTraits, kAllocator}},
    {"std::basic_ostringstream", 1, {kTraits, kAllocator}},
    {"std::basic_stringstream", 1, {kTraits, kAllocator}},
};

std::string Fill(std::string_view pattern, std::span<const std::string> arguments) {
  std::string_view second = arguments.size() > 1 ? std::string_view(arguments[1]) : "";
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$') {
      text += pattern[i];
    } else {
      text += pattern[++i] == '0' ? std::string_view(arguments[0]) : second;
    }
  }
  return text;
}

// The demangler writes "K const"; compilers write "const K" into DWARF.
bool Matches(std::string_view pattern, std::span<const std::string> arguments,
             std::string_view actual) {
  if (Fill(pattern, arguments) == actual) return true;
  return pattern == kPairAllocator &&
         Fill("std::allocator<std::pair<const $0, $1>>", arguments) == actual;
}

void DropDefaults(const Defaults& defaults, std::vector<std::string>* arguments) {
  if (arguments->size() > defaults.required + defaults.patterns.size()) return;
  while (arguments->size() > defaults.required) {
    std::string_view pattern = defaults.patterns[arguments->size() - defaults.required - 1];
    if (pattern.empty() || !Matches(pattern, *arguments, arguments->back())) return;
    arguments->pop_back();
  }
}

// std::basic_string<wchar_t> is std::wstring, and so for the streams; the UTF character types have
// strings only.
std::optional<std::string> CharacterAlias(std::string_view name, std::string_view character) {
  constexpr std::string_view kBasic = "std::basic_";
  constexpr std::pair<std::string_view, std::string_view> kPrefixes[] = {
      {"char", ""}, {"wchar_t", "w"}, {"char8_t", "u8"}, {"char16_t", "u16"}, {"char32_t", "u32"}};
  if (!name.starts_with(kBasic)) return std::nullopt;
  std::string_view rest = name.substr(kBasic.size());
  bool is_string = rest == "string" || rest == "string_view";
  for (const auto& [type, prefix] : kPrefixes) {
    bool exists = is_string || prefix.empty() || prefix == "w";
    if (type == character && exists) return std::string("std::").append(prefix).append(rest);
  }
  return std::nullopt;
}

}  // namespace

std::string ShortTemplate(std::string_view name, std::vector<std::string> arguments) {
  for (const Defaults& defaults : kDefaults) {
    if (defaults.name != name) continue;
    DropDefaults(defaults, &arguments);
    if (arguments.size() != 1) break;
    if (auto alias = CharacterAlias(name, arguments[0])) return *alias;
  }
  return std::string(name).append("<").append(absl::StrJoin(arguments, ", ")).append(">");
}

}  // namespace seep
