#include "profiler/options.h"

namespace seep::profiler {
namespace {

// "64KiB", "1MB", "4096". K, M, G are powers of 1024 with or without "iB" or "B". False: not a
// size.
bool ParseSize(std::string_view text, uint64_t* value) {
  uint64_t n = 0;
  size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    if (n > kMaxCharge) return false;
    n = n * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (i == 0) return false;
  std::string_view unit = Slice(text, i);
  uint32_t shift = 0;
  if (!unit.empty() && unit != "B") {
    if (Slice(unit, 1) != "" && Slice(unit, 1) != "B" && Slice(unit, 1) != "iB") return false;
    switch (unit[0] | 0x20) {
      case 'k':
        shift = 10;
        break;
      case 'm':
        shift = 20;
        break;
      case 'g':
        shift = 30;
        break;
      default:
        return false;
    }
  }
  if (n > (kMaxCharge >> shift)) return false;
  *value = n << shift;
  return true;
}

bool ParseSwitch(std::string_view text, bool* value) {
  *value = text == "on" || text == "1";
  return *value || text == "off" || text == "0";
}

bool Apply(std::string_view key, std::string_view value, Options* options) {
  if (key == "sample") {
    if (value == "off") {
      options->interval = 0;
      return true;
    }
    return ParseSize(value, &options->interval);
  }
  if (key == "output") {
    options->output.clear();
    options->output.Add(value);
    return options->output.whole() && !value.empty();
  }
  if (key == "rss") return ParseSwitch(value, &options->rss);
  if (key == "profile") return ParseSwitch(value, &options->profile);
  if (key == "keep") return ParseSize(value, &options->keep);
  if (key == "keep_bytes") return ParseSize(value, &options->keep_bytes);
  return false;
}

// The next part, unescaped; moves *text behind it.
Text<1024> NextPart(const char** text) {
  Text<1024> part;
  const char* p = *text;
  for (; *p != '\0' && *p != ':'; ++p) {
    if (p[0] == '\\' && p[1] != '\0') ++p;
    part.Add({p, 1});
  }
  *text = *p == ':' ? p + 1 : p;
  return part;
}

}  // namespace

Options ParseOptions(const char* text, void (*report)(const char* part)) {
  Options options;
  if (text == nullptr) return options;
  while (*text != '\0') {
    Text<1024> part = NextPart(&text);
    std::string_view view = part.view();
    if (view.empty()) continue;
    size_t equals = view.find('=');
    Options changed = options;
    bool understood = part.whole() && equals != std::string_view::npos &&
                      Apply(Slice(view, 0, equals), Slice(view, equals + 1), &changed);
    if (understood) {
      options = changed;
    } else {
      report(part.c_str());
    }
  }
  return options;
}

}  // namespace seep::profiler
