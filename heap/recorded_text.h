// Strings of a recording, under a budget: a thousand records may point at the same megabyte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "snapshot/recording_format.h"

namespace seep {

class RecordedText {
 public:
  // `strings` must outlive this.
  explicit RecordedText(std::span<const uint8_t> strings) : strings_(strings) {}

  // Cut to kMaxLength. Empty, and counted, where the reference leaves the section or the budget is
  // used up.
  std::string Read(recording::StringRef reference);

  uint64_t lost() const { return lost_; }

  static constexpr size_t kMaxLength = 64 << 10;

 private:
  std::span<const uint8_t> strings_;
  size_t budget_ = 64 << 20;
  uint64_t lost_ = 0;
};

// The text in a fixed array, up to its null byte if it has one.
template <size_t N>
std::string FixedText(const char (&text)[N]) {
  size_t length = 0;
  while (length < N && text[length] != '\0') ++length;
  return std::string(text, length);
}

}  // namespace seep
