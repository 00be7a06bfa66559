#include "report/escape.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace seep {
namespace {

struct Character {
  uint32_t code = 0;
  size_t length = 0;  // bytes; 0: no UTF-8
};

// The first character of a non-empty text. Overlong forms, surrogates and codes past U+10FFFF are
// no UTF-8.
Character Decode(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  uint32_t code = lead & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[length] || code > 0x10ffff || surrogate) return {};
  return {code, length};
}

bool IsControl(uint32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

// Zero-width characters, line separators, and the bidirectional controls of "Trojan Source".
bool Misleads(uint32_t code) {
  return code == 0xad || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
         code == 0xfeff || (code >= 0xe0000 && code <= 0xe007f);
}

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// The bytes of the first `count` characters of valid UTF-8.
size_t PrefixBytes(std::string_view text, size_t count) {
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (!IsContinuation(text[i]) && count-- == 0) break;
  }
  return i;
}

}  // namespace

std::string Visible(std::string_view hostile) {
  std::string visible;
  visible.reserve(hostile.size());
  while (!hostile.empty()) {
    Character c = Decode(hostile);
    if (c.length == 0) {
      absl::StrAppendFormat(&visible, "\\x%02x", static_cast<uint8_t>(hostile[0]));
      c.length = 1;
    } else if (IsControl(c.code)) {
      absl::StrAppendFormat(&visible, "\\x%02x", c.code);
    } else if (Misleads(c.code)) {
      absl::StrAppendFormat(&visible, "\\u{%x}", c.code);
    } else {
      visible.append(hostile.substr(0, c.length));
    }
    hostile.remove_prefix(c.length);
  }
  return visible;
}

std::string HtmlText(std::string_view hostile) {
  std::string html;
  for (char c : Visible(hostile)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

size_t Width(std::string_view visible) {
  return static_cast<size_t>(
      std::count_if(visible.begin(), visible.end(), [](char c) { return !IsContinuation(c); }));
}

std::string Elide(std::string_view visible, size_t width) {
  size_t all = Width(visible);
  if (all <= width) return std::string(visible);
  if (width == 0) return "";
  size_t head = width / 2, tail = width - 1 - head;
  std::string elided(visible.substr(0, PrefixBytes(visible, head)));
  elided += "…";
  elided += visible.substr(PrefixBytes(visible, all - tail));
  return elided;
}

}  // namespace seep
