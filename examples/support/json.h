// One line of JSON, written in order. The caller pairs Begin and End.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace examples {

class JsonWriter {
 public:
  JsonWriter& BeginObject(std::string_view key = "") { return Begin(key, '{'); }
  JsonWriter& BeginArray(std::string_view key = "") { return Begin(key, '['); }
  JsonWriter& EndObject() { return End('}'); }
  JsonWriter& EndArray() { return End(']'); }
  // Bytes beyond printable ASCII are written as \u00XX, so that the text is JSON whatever they are.
  JsonWriter& Value(std::string_view key, std::string_view text);
  JsonWriter& Value(std::string_view key, uint64_t number);
  JsonWriter& Value(std::string_view key, double number);

  const std::string& text() const { return text_; }

 private:
  JsonWriter& Begin(std::string_view key, char bracket);
  JsonWriter& End(char bracket);
  void Key(std::string_view key);
  void Quoted(std::string_view text);

  std::string text_;
};

}  // namespace examples
