#include "profiler/mirror.h"

#include <cstring>

namespace seep::profiler {

constinit std::atomic<std::byte*> g_mirror{};

namespace {
constinit std::atomic<uint64_t> g_counters[recording::kCounterCount]{};
}  // namespace

// By words where both are aligned, which all records are.
void MirrorBytes(void* target, const void* source, size_t size) {
  auto* to = static_cast<uint8_t*>(target);
  const auto* from = static_cast<const uint8_t*>(source);
  if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) % 8 == 0) {
    for (; size >= 8; size -= 8, to += 8, from += 8) {
      uint64_t word;
      memcpy(&word, from, 8);
      MirrorField(*reinterpret_cast<uint64_t*>(to), word);
    }
  }
  for (; size > 0; --size) MirrorField(*to++, *from++);
}

void Count(recording::Counter counter, uint64_t n) {
  g_counters[counter].fetch_add(n);
  if (recording::Header* header = MirrorHeader()) {
    MirrorValue(g_counters[counter], &header->counters[counter]);
  }
}

uint64_t CounterValue(recording::Counter counter) { return g_counters[counter].load(); }

void ResetCounters() {
  for (auto& counter : g_counters) counter = 0;
}

void MirrorAllCounters() {
  recording::Header* header = MirrorHeader();
  if (header == nullptr) return;
  for (uint32_t i = 0; i < recording::kCounterCount; ++i) {
    MirrorValue(g_counters[i], &header->counters[i]);
  }
}

}  // namespace seep::profiler
