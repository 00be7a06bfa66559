// What std::type_info holds as a class's name (Itanium C++ ABI, 2.9 and 5.1).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace seep {

// Cost of a longer name: template names of 10 KiB are real, of 64 KiB are not names any more.
inline constexpr size_t kMaxMangledLength = 64 << 10;

// GCC marks the name of a type with internal linkage by '*': such names are not unique, and
// std::type_info::name() hides the mark.
inline std::string WithoutLocalMark(std::string_view name) {
  return std::string(name.starts_with('*') ? name.substr(1) : name);
}

// Could be the encoding of a class: printable, and a <source-name>, nested, local, unnamed,
// decltype or standard name. Identifiers of other alphabets are mangled as UTF-8.
inline bool IsPlausibleClassName(std::string_view name) {
  if (name.starts_with('*')) name.remove_prefix(1);
  if (name.empty() || name.size() > kMaxMangledLength) return false;
  constexpr std::string_view kFirst = "123456789NSZUDT";
  return kFirst.find(name[0]) != std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           auto byte = static_cast<unsigned char>(c);
           return byte > ' ' && byte != 0x7f;
         });
}

// "order::OrderLock" → "N5order9OrderLockE". What takes more than names and scopes (templates,
// arrays, std) comes back as it is, which is no mangling and stays as it is when demangled.
inline std::string MangledClassName(std::string_view qualified) {
  std::string components;
  size_t scopes = 0;
  for (std::string_view rest = qualified; !rest.empty(); ++scopes) {
    size_t end = std::min(rest.find("::"), rest.size());
    std::string_view name = rest.substr(0, end);
    bool identifier = !name.empty() && (name[0] < '0' || name[0] > '9') &&
                      std::all_of(name.begin(), name.end(), [](char c) {
                        return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                               (c >= 'a' && c <= 'z');
                      });
    if (!identifier || (scopes == 0 && name == "std" && end < rest.size())) {
      return std::string(qualified);
    }
    components += std::to_string(name.size()) + std::string(name);
    rest.remove_prefix(end == rest.size() ? end : end + 2);
  }
  return scopes > 1 ? "N" + components + "E" : components;
}

}  // namespace seep
