#include "heap/proc_text.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace seep {

std::string ProcField(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.size() > name.size() && line.substr(0, name.size()) == name &&
        line[name.size()] == ':') {
      std::string value(line.substr(name.size() + 1));
      absl::StripAsciiWhitespace(&value);
      return value;
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return "";
}

std::optional<uint64_t> ProcFieldBytes(std::string_view text, std::string_view name) {
  std::string value = ProcField(text, name);
  absl::string_view number = value;
  uint64_t kilobytes;
  if (!absl::ConsumeSuffix(&number, " kB") || !absl::SimpleAtoi(number, &kilobytes) ||
      kilobytes > std::numeric_limits<uint64_t>::max() / 1024) {
    return std::nullopt;
  }
  return kilobytes * 1024;
}

}  // namespace seep
