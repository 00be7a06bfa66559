// The recording as the profiler sees it: a mapping that is only ever written. Every table has its
// truth in private memory and copies each change here ("mirrors" it).
//
// Before the first sample, and in a forked child before its first own one, there is no file and the
// mirror is null. A thread may create it at any time while others work, so every writer
//     1. changes the private record and publishes it (sequentially consistent),
//     2. then loads the mirror, and copies the record if there is one;
// and the creator 1. stores the mirror, 2. then copies every private record it finds published. One
// of the two sees the other. Both may copy: they copy the same.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/layout.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

extern std::atomic<std::byte*> g_mirror;

inline recording::Header* MirrorHeader() {
  return reinterpret_cast<recording::Header*>(g_mirror.load());
}

// Record `index` of a section in the file; null while there is no file.
template <typename Record>
Record* MirrorRecord(recording::SectionId section, uint32_t index) {
  std::byte* base = g_mirror.load();
  if (base == nullptr) return nullptr;
  const recording::Section& where = kLayout.sections[section];
  return reinterpret_cast<Record*>(base + where.offset + uint64_t{index} * where.record_size);
}

// Copies a private counter to its mirrored field so that the field ends with the latest value,
// whichever of several writers comes last: each writer checks after its store.
template <typename T>
void MirrorValue(const std::atomic<T>& truth, T* target) {
  T value;
  do {
    value = truth.load();
    std::atomic_ref<T>(*target).store(value);
  } while (truth.load() != value);
}

// One field of a record that several threads may be copying at once: all of them the same value.
template <typename T>
void MirrorField(T& target, T value) {
  std::atomic_ref<T>(target).store(value, std::memory_order_relaxed);
}

// Likewise a range of bytes.
void MirrorBytes(void* target, const void* source, size_t size);

// Copies the number of records that an interner has handed out.
template <typename Used>
void MirrorUsed(recording::SectionId section, Used used) {
  recording::Header* header = MirrorHeader();
  if (header == nullptr) return;
  uint64_t value;
  do {
    value = used();
    std::atomic_ref<uint64_t>(header->sections[section].used).store(value);
  } while (used() != value);
}

// Counters: what was taken, dropped or guessed.
void Count(recording::Counter counter, uint64_t n = 1);
uint64_t CounterValue(recording::Counter counter);
void MirrorAllCounters();
// In a forked child that is coming up.
void ResetCounters();

}  // namespace seep::profiler
