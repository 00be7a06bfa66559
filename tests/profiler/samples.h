// Live samples made by hand, and a look behind the table.
#pragma once

#include <cmath>
#include <cstdint>

#include "profiler/live_index.h"
#include "profiler/live_slots.h"
#include "profiler/live_table.h"
#include "profiler/mirror.h"

namespace seep::profiler {

inline constexpr uint64_t kSecond = 1'000'000'000;

// Of size 0 by default: a stamp then has nothing to read, so that the address may be any.
inline void Insert(uintptr_t address, uint64_t size = 0, double exposure = 1,
                   uint64_t now_ns = kSecond) {
  InsertSample({address, size, exposure, 0, 0, 1, 0}, now_ns);
}

// Of the sample at `address`, which must be there.
inline Slot& SlotOf(uintptr_t address) { return g_slots[IndexFind(address)]; }

inline uint32_t SlotsNotEmpty() {
  uint32_t n = 0;
  for (const Slot& slot : g_slots) n += slot.state.load() != SlotState::kEmpty;
  return n;
}

inline uint64_t FilterSum() {
  uint64_t sum = 0;
  for (const auto& counter : g_filter) sum += counter.load();
  return sum;
}

// 1/p, by libm.
inline double WeightOf(double exposure) { return 1 / -std::expm1(-exposure); }

}  // namespace seep::profiler
