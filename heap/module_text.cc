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
  return HasTexts(memory, module, {&text, 1})[0];
}

std::vector<bool> HasTexts(const Memory& memory, const LoadedModule& module,
                           std::span<const std::string_view> texts) {
  std::vector<bool> has(texts.size());
  size_t longest = 0;
  for (std::string_view text : texts) longest = std::max(longest, text.size());
  std::string chunk(kChunk, '\0');
  for (const Segment& segment : module.segments) {
    if (segment.writable) continue;
    for (Address at = segment.range.begin; at < segment.range.end;) {
      size_t wanted = std::min<uint64_t>(kChunk, segment.range.end - at);
      size_t read = memory.Read(at, {reinterpret_cast<uint8_t*>(chunk.data()), wanted});
      std::string_view seen = std::string_view(chunk).substr(0, read);
      for (size_t i = 0; i < texts.size(); ++i) {
        if (!has[i]) has[i] = seen.find(texts[i]) != seen.npos;
      }
      if (std::ranges::count(has, false) == 0) return has;
      // A text may lie across the end of what was read.
      at = at + (read > longest ? read - longest : kPage - at.value() % kPage);
    }
  }
  return has;
}

}  // namespace seep
