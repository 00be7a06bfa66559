// Which allocations are drawn: a Poisson process over the bytes allocated, mean distance T.
//
//   bytes allocated by a thread ──────────────────────────────────────────────────►
//   |  leg 1, T = 512 KiB  |x   leg 2 …                          x = sample point
//   ▓▓▓▓ ▓▓ ▓▓▓▓▓▓▓ ▓▓ ▓▓▓[▓▓▓▓]▓▓ ▓▓▓▓▓                         [ ] = the block it falls in
//
// A block of n bytes is drawn with p = 1 − e^−λ, λ = (n+1)/T: 64 bytes at T = 512 KiB once in 8,066
// times, 512 KiB in 63 % and 4 MiB in 99.97 % of the times. Each draw then stands for 1/p blocks.
//
// The distance to the next point is walked in legs of at most 4 MiB, because exponential distances
// have no memory: where a leg ends without a sample, the rest is drawn anew with the T of that
// moment. So a change of T reaches every thread within 4 MiB, even from "off", and a block that
// spans legs gets λ = Σ bytesᵢ/Tᵢ.
//
// T = 1 means every block (p = 1).
#pragma once

#include <cstdint>

#include "profiler/limits.h"
#include "profiler/thread_state.h"

namespace seep::profiler {

// What an allocation of `size` bytes is charged: one more, so that empty blocks can be drawn, and
// not so much that a failing malloc(SIZE_MAX) drives the arithmetic wild.
inline uint64_t ChargeFor(uint64_t size) { return (size < kMaxCharge ? size : kMaxCharge) + 1; }

// The leg is used up by an allocation of `size` (t.left has wrapped below zero). Begins the next
// leg. Returns λ if a sample point falls into the allocation, else 0. `interval` is the T of now.
double CrossLegEnd(ThreadState& t, uint64_t size, uint64_t interval);

// Begins a first leg. The caller charges the allocation to it and tests again, since a zeroed
// counter would otherwise draw the first allocation of every thread.
void StartLeg(ThreadState& t, uint64_t interval);

uint64_t NextRandom(ThreadState& t);

}  // namespace seep::profiler
