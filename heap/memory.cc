#include "heap/memory.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace seep {

std::optional<uint64_t> ReadWord(const Memory& memory, Address from) {
  std::array<uint8_t, 8> bytes;
  if (memory.Read(from, bytes) != bytes.size()) return std::nullopt;
  uint64_t word;
  std::memcpy(&word, bytes.data(), sizeof(word));
  return word;
}

std::optional<std::string> ReadCString(const Memory& memory, Address from, size_t limit) {
  std::string text;
  std::array<uint8_t, 256> chunk;
  while (text.size() <= limit) {
    size_t n = memory.Read(from + text.size(), chunk);
    const auto* end = static_cast<const uint8_t*>(std::memchr(chunk.data(), 0, n));
    text.append(reinterpret_cast<const char*>(chunk.data()),
                end == nullptr ? n : static_cast<size_t>(end - chunk.data()));
    if (end != nullptr) return text.size() <= limit ? std::optional(text) : std::nullopt;
    if (n < chunk.size()) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace seep
