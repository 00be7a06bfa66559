// Text without printf: a fixed buffer that cuts what does not fit.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace seep::profiler {

// std::string_view::substr without its exception.
inline std::string_view Slice(std::string_view text, size_t from, size_t length = ~size_t{0}) {
  if (from > text.size()) from = text.size();
  if (length > text.size() - from) length = text.size() - from;
  return {text.data() + from, length};
}

template <size_t kSize>
class Text {
 public:
  Text& Add(std::string_view text) {
    size_t room = kSize - 1 - length_;
    size_t n = text.size() < room ? text.size() : room;
    memcpy(buffer_ + length_, text.data(), n);
    length_ += n;
    buffer_[length_] = '\0';
    whole_ = whole_ && n == text.size();
    return *this;
  }

  Text& AddNumber(uint64_t value, uint32_t base = 10, uint32_t width = 1) {
    char digits[64];
    uint32_t n = 0;
    for (; value != 0 || n < width; value /= base) digits[n++] = "0123456789abcdef"[value % base];
    while (n > 0) Add({&digits[--n], 1});
    return *this;
  }

  const char* c_str() const { return buffer_; }
  std::string_view view() const { return {buffer_, length_}; }
  bool whole() const { return whole_; }  // nothing was cut
  void clear() { *this = {}; }

 private:
  char buffer_[kSize] = {};
  size_t length_ = 0;
  bool whole_ = true;
};

}  // namespace seep::profiler
