#include "symbolizer/type_scopes.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <functional>
#include <utility>

namespace seep {
namespace {

constexpr size_t kMaxName = size_t{16} << 10;
constexpr int kMaxScopes = 64;  // around one type

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// g++ writes integers as the C standard lists them, the demangler as people do.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kIntegers = {{
    {"long long unsigned int", "unsigned long long"},
    {"long unsigned int", "unsigned long"},
    {"short unsigned int", "unsigned short"},
    {"long long int", "long long"},
    {"long int", "long"},
    {"short int", "short"},
}};

const std::pair<std::string_view, std::string_view>* IntegerAt(std::string_view rest) {
  for (const auto& integer : kIntegers) {
    std::string_view spelt = integer.first;
    if (rest.starts_with(spelt) && (rest.size() == spelt.size() || !IsWord(rest[spelt.size()]))) {
      return &integer;
    }
  }
  return nullptr;
}

}  // namespace

int TypeScopes::AddScope(const Dwarf_Die& die, int parent) {
  scopes_.push_back({die, parent});
  return static_cast<int>(scopes_.size()) - 1;
}

void TypeScopes::Sort() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::less<>()(a.die, b.die); });
}

int TypeScopes::ScopeOf(const Dwarf_Die& die) const {
  auto it = std::lower_bound(
      entries_.begin(), entries_.end(), die.addr,
      [](const Entry& e, const void* address) { return std::less<>()(e.die, address); });
  return it == entries_.end() || it->die != die.addr ? kNone : it->scope;
}

std::string TypeScopes::Prefix(int scope) const {
  std::string prefix;
  for (int depth = 0; scope != kNone && depth < kMaxScopes; ++depth) {
    const Scope& around = scopes_[static_cast<size_t>(scope)];
    Dwarf_Die die = around.die;
    bool function = dwarf_tag(&die) == DW_TAG_subprogram;
    prefix = OwnName(die) + (function ? "()::" : "::") + prefix;
    scope = around.parent;
  }
  return prefix;
}

std::string OwnName(Dwarf_Die die) {
  const char* name = dwarf_diename(&die);
  if (name != nullptr) return std::string(name, strnlen(name, kMaxName));
  return dwarf_tag(&die) == DW_TAG_namespace ? "(anonymous namespace)" : "(unnamed)";
}

std::string ComparableTypeName(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (size_t i = 0; i < name.size();) {
    bool word_starts = i == 0 || !IsWord(name[i - 1]);
    if (const auto* integer = word_starts ? IntegerAt(name.substr(i)) : nullptr) {
      out += integer->second;
      i += integer->first.size();
    } else if (word_starts && IsDigit(name[i])) {
      while (i < name.size() && IsDigit(name[i])) out += name[i++];
      while (i < name.size() && (name[i] == 'u' || name[i] == 'l')) ++i;
    } else if (name[i] == ' ') {
      // Between two words it separates them, elsewhere it is a matter of taste.
      bool separates =
          !out.empty() && IsWord(out.back()) && i + 1 < name.size() && IsWord(name[i + 1]);
      if (separates) out += ' ';
      ++i;
    } else {
      out += name[i++];
    }
  }
  return out;
}

}  // namespace seep
