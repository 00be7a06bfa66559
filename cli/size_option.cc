#include "cli/size_option.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace seep {
namespace {

struct Typed {
  uint64_t number = 0;
  std::string unit;  // in lower case
};

std::optional<Typed> Split(std::string_view text) {
  size_t digits = text.find_first_not_of("0123456789");
  Typed typed;
  if (!absl::SimpleAtoi(std::string(text.substr(0, digits)), &typed.number)) return std::nullopt;
  if (digits != text.npos) typed.unit = absl::AsciiStrToLower(std::string(text.substr(digits)));
  return typed;
}

// number × factor, at most `most`.
std::optional<uint64_t> Times(uint64_t number, uint64_t factor, uint64_t most) {
  if (number > most / factor) return std::nullopt;
  return number * factor;
}

}  // namespace

std::optional<uint64_t> ParseSize(std::string_view text) {
  constexpr uint64_t kMost = uint64_t{1} << 40;
  std::optional<Typed> typed = Split(text);
  if (!typed.has_value()) return std::nullopt;
  const std::string& unit = typed->unit;
  if (unit.empty() || unit == "b") return Times(typed->number, 1, kMost);
  size_t power = std::string_view("kmg").find(unit[0]);
  std::string_view rest = std::string_view(unit).substr(1);
  if (power == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) {
    return std::nullopt;
  }
  return Times(typed->number, uint64_t{1} << (10 * (power + 1)), kMost);
}

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  constexpr uint64_t kYear = 366 * 24 * 3600;
  std::optional<Typed> typed = Split(text);
  if (!typed.has_value()) return std::nullopt;
  std::optional<uint64_t> seconds;
  if (typed->unit.empty() || typed->unit == "s") seconds = Times(typed->number, 1, kYear);
  if (typed->unit == "m") seconds = Times(typed->number, 60, kYear);
  if (typed->unit == "h") seconds = Times(typed->number, 3600, kYear);
  if (!seconds.has_value()) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

}  // namespace seep
