#include "profiler/string_pool.h"

#include <atomic>
#include <cstring>

#include "profiler/limits.h"
#include "profiler/mirror.h"

namespace seep::profiler {
namespace {

char g_strings[kStringCapacity];
constinit std::atomic<uint32_t> g_used{};

}  // namespace

recording::StringRef AddString(std::string_view text) {
  auto length = static_cast<uint32_t>(text.size());
  uint32_t offset = g_used.load();
  do {
    if (text.size() > kStringCapacity - offset) {
      Count(recording::kStringsFull);
      return {0, 0};
    }
  } while (!g_used.compare_exchange_weak(offset, offset + length));
  memcpy(g_strings + offset, text.data(), length);
  return {offset, length};
}

std::string_view StringAt(recording::StringRef ref) { return {g_strings + ref.offset, ref.length}; }

void MirrorString(recording::StringRef ref) {
  if (char* target = MirrorRecord<char>(recording::kStrings, ref.offset)) {
    MirrorBytes(target, g_strings + ref.offset, ref.length);
    MirrorUsed(recording::kStrings, [] { return g_used.load(); });
  }
}

}  // namespace seep::profiler
