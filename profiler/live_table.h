// The live samples: one slot each, in private memory, mirrored to the recording.
//
//            Insert                 Pin                    Unpin
//   Empty ──────────► Filling ► Live ────► Pinned ─────────────────► Live
//     ▲                          │  ▲        │ free: the block is handed to the stamper
//     │          Release         │  │        ▼
//     └────────── Dying ◄────────┘  │     PinnedFreed ── Unpin: the stamper frees the block ──►
//     Empty
//                                   │
//                        thinning: Busy ── free ──► BusyFreed ── the thinner ends it ──► Empty
//
// Every arrow is one compare-and-swap by one thread; whoever is in Filling, Pinned, Busy or Dying
// owns the slot's fields and its record in the file. Nothing ever waits for an owner: a free that
// meets one leaves word and goes on. So all of this is lock-free and async-signal-safe.
#pragma once

#include <cstdint>

namespace seep::profiler {

struct NewSample {
  uintptr_t address;
  uint64_t size;
  double exposure;
  uint32_t stack;
  uint32_t label;
  uint32_t thread;
  uint8_t flags;  // recording::SlotFlag
};

// Once, at start-up: what really frees a block whose free was handed over.
void SetFreeBlock(void (*free_block)(void*));
// At start-up and in forked children. `random` ranks samples for thinning; births before `start_ns`
// count into the first cohort.
void InitLiveTable(uint64_t random, uint64_t start_ns);

// Enters a sample before malloc returns it. If it cannot be kept, it is counted and dropped.
void InsertSample(const NewSample& sample, uint64_t now_ns);

enum class Release {
  kNotSampled,
  kReleased,    // it was sampled, and is no more; free the block
  kHandedOver,  // likewise, but a stamper is reading the block and will free it: do not
};
// Before the real free.
Release ReleaseSample(uintptr_t address);

// realloc frees the old block only if it succeeds: the sample is taken out before the real call and
// put back (Resume) or buried after it.
enum class Suspension { kNotSampled, kSuspended, kBeingRead };
Suspension SuspendSample(uintptr_t address, uint32_t* slot);
void ResumeSample(uint32_t slot);
void BurySample(uint32_t slot);

// Looks at the first words of a few samples that are due, for their class: those older than 10 ms,
// and once more those older than 1 s, when what was under construction is done.
void StampDueSamples(uint64_t now_ns);

// Doubles `interval` and gives up half of the small samples once three quarters of the slots are
// live. Returns the interval to go on with.
uint64_t ThinIfCrowded(uint64_t interval);

struct LiveSum {
  uint64_t samples;
  double objects, objects_variance, bytes, bytes_variance;
};
LiveSum SumOfLive();

// In a forked child that is coming up, alone: ends what vanished threads had begun, and marks all
// that is live as inherited.
void AdoptSamples();

void MirrorAllSamples();

}  // namespace seep::profiler
