#include "heap/module_text.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace seep {
namespace {

constexpr uint64_t kChunk = 1 << 20;
constexpr uint64_t kPage = 4096;

}  // namespace

bool HasText(const Memory& memory, const LoadedModule& module, std::string_view text) {
  std::string chunk(kChunk, '\0');
  for (const Segment& segment : module.segments) {
    if (segment.writable) continue;
    for (Address at = segment.range.begin; at < segment.range.end;) {
      size_t wanted = std::min<uint64_t>(kChunk, segment.range.end - at);
      size_t read = memory.Read(at, {reinterpret_cast<uint8_t*>(chunk.data()), wanted});
      if (std::string_view(chunk).substr(0, read).find(text) != std::string_view::npos) return true;
      // The text may lie across the end of what was read.
      at = at + (read > text.size() ? read - text.size() : kPage - at.value() % kPage);
    }
  }
  return false;
}

}  // namespace seep
