// Distinct call stacks with their births and deaths. Lock-free, append-only.
#pragma once

#include <cstdint>

#include "profiler/limits.h"
#include "profiler/totals.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

struct Walk {
  recording::Position frames[kMaxFrames];  // leaf first
  uint32_t count = 0;
  uint16_t flags = 0;  // recording::StackFlag
};

// Row of the table; 0 ("unknown stack", counted) when it is full. Once three quarters of the frame
// pool are used, new stacks keep their top 8 frames.
uint32_t InternStack(const Walk& walk);

// Running sums of a stack. Deaths of samples inherited over a fork are not counted here.
struct SampledBlock {
  uint32_t stack;
  uint64_t size;
  Weight weight;
};
void CountBirth(const SampledBlock& block, uint64_t birth_ns, uint64_t interval);
void CountDeath(const SampledBlock& block);
// A death that the death store had no row for.
void CountUnplacedDeath(const SampledBlock& block, uint64_t death_ns);

// What is live now, per stack: + at birth, − at death, and both when thinning changes a weight.
void AddLive(const SampledBlock& block, int sign);

struct LiveShare {
  uint32_t stack;
  double objects;
  double bytes;
};
// The stacks with most live bytes, falling. Sets `sum` to the whole. Returns how many.
// Cost: one pass over all stacks (16,384: about 20 µs).
uint32_t TopStacks(LiveShare* top, uint32_t capacity, LiveShare* sum);

// Distinct stacks so far.
uint32_t StacksUsed();

// Clears births, deaths and what is live. Only in a forked child that is coming up.
void ResetStackTotals();

void MirrorAllStacks();

}  // namespace seep::profiler
