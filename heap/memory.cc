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
    auto end = chunk.begin() + static_cast<ptrdiff_t>(memory.Read(from + text.size(), chunk));
    auto null = std::find(chunk.begin(), end, uint8_t{0});
    text.append(chunk.begin(), null);
    if (null != end) return text.size() <= limit ? std::optional(text) : std::nullopt;
    if (end != chunk.end()) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace seep
