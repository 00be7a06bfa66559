#include "heap/instances/text_finder.h"

#include <algorithm>
#include <cstring>

namespace seep {
namespace {

constexpr size_t kShortString = 15;

bool IsPrintable(uint8_t c) { return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n'; }

// Strings say how long they are, so other alphabets need not be told from binary by luck.
bool IsStringText(std::span<const uint8_t> text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](uint8_t c) { return IsPrintable(c) || c >= 0x80; });
}

std::string AsString(std::span<const uint8_t> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

uint64_t WordAt(std::span<const uint8_t> bytes, size_t at) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

std::optional<std::string> StringObjectAt(const Memory& memory, Address base,
                                          std::span<const uint8_t> bytes, size_t at) {
  constexpr size_t kObject = 32;
  constexpr uint64_t kLongest = uint64_t{1} << 32;
  if (at + kObject > bytes.size()) return std::nullopt;
  uint64_t pointer = WordAt(bytes, at), size = WordAt(bytes, at + 8);
  uint64_t capacity = WordAt(bytes, at + 16);
  if (pointer == (base + at + 16).value()) {
    if (size > kShortString) return std::nullopt;
    std::span<const uint8_t> text = bytes.subspan(at + 16, size);
    return IsStringText(text) ? std::optional(AsString(text)) : std::nullopt;
  }
  if (size > capacity || capacity <= kShortString || capacity > kLongest) return std::nullopt;
  uint8_t text[kMaxText];
  std::span<uint8_t> wanted = std::span(text).first(std::min<uint64_t>(size, kMaxText));
  if (memory.Read(Address(pointer), wanted) < wanted.size() || !IsStringText(wanted)) {
    return std::nullopt;
  }
  return AsString(wanted);
}

std::optional<std::string> CharactersAt(std::span<const uint8_t> bytes, size_t at) {
  constexpr size_t kLeast = 4;
  if (at > 0 && bytes[at - 1] != 0) return std::nullopt;
  std::span<const uint8_t> rest = bytes.subspan(at, std::min(kMaxText, bytes.size() - at));
  auto end = std::find_if_not(rest.begin(), rest.end(), IsPrintable);
  if (end == rest.end() || *end != 0 || end - rest.begin() < static_cast<ptrdiff_t>(kLeast)) {
    return std::nullopt;
  }
  return std::string(rest.begin(), end);
}

}  // namespace

std::optional<std::string> TextAt(const Memory& memory, Address base,
                                  std::span<const uint8_t> bytes, size_t at) {
  if (auto text = StringObjectAt(memory, base, bytes, at)) return text;
  return CharactersAt(bytes, at);
}

}  // namespace seep
