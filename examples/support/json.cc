#include "examples/support/json.h"

#include <cstdio>

namespace examples {

JsonWriter& JsonWriter::Value(std::string_view key, std::string_view text) {
  Key(key);
  Quoted(text);
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view key, uint64_t number) {
  Key(key);
  text_ += std::to_string(number);
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view key, double number) {
  Key(key);
  char digits[32];
  snprintf(digits, sizeof(digits), "%.3f", number);
  text_ += digits;
  return *this;
}

JsonWriter& JsonWriter::Begin(std::string_view key, char bracket) {
  Key(key);
  text_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::End(char bracket) {
  text_ += bracket;
  return *this;
}

// A comma unless this is the first of its object or array.
void JsonWriter::Key(std::string_view key) {
  if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
  if (key.empty()) return;
  Quoted(key);
  text_ += ':';
}

void JsonWriter::Quoted(std::string_view text) {
  text_ += '"';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      char escape[8];
      snprintf(escape, sizeof(escape), "\\u%04x", byte);
      text_ += escape;
    } else {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
  }
  text_ += '"';
}

}  // namespace examples
