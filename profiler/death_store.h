// Deaths by stack and class, by age and by cohort; see recording::DeathRecord.
#pragma once

#include <cstdint>

#include "profiler/totals.h"

namespace seep::profiler {

struct Death {
  uint32_t stack;
  uint32_t klass;
  uint64_t birth_ns;  // CLOCK_MONOTONIC
  uint64_t death_ns;
  uint64_t size;
  Weight weight;
};

// False: the table is full and a death of 32 s or older found no row.
bool PlaceDeath(const Death& death, uint64_t start_ns);

// Forgets everything. Only in a forked child that is coming up.
void ResetDeaths();

void MirrorAllDeaths();

}  // namespace seep::profiler
