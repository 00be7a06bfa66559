#include "heap/recorded_text.h"

#include <algorithm>

namespace seep {

std::string RecordedText::Read(recording::StringRef reference) {
  if (reference.length == 0) return "";
  size_t length = std::min<size_t>(reference.length, kMaxLength);
  bool inside =
      reference.offset < strings_.size() && reference.length <= strings_.size() - reference.offset;
  if (!inside || length > budget_) {
    ++lost_;
    return "";
  }
  budget_ -= length;
  std::span<const uint8_t> bytes = strings_.subspan(reference.offset, length);
  return {bytes.begin(), bytes.end()};
}

}  // namespace seep
