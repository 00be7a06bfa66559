#include "profiler/mirror.h"

namespace seep::profiler {

constinit std::atomic<std::byte*> g_mirror{};

namespace {
constinit std::atomic<uint64_t> g_counters[recording::kCounterCount]{};
}  // namespace

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
