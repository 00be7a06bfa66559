// The slow paths: what happens when an allocation is drawn or a sampled block is freed. Everything
// that an allocation or free does rarely is behind these functions; hooks.h has what it does
// always.
//
// All are async-signal-safe, keep errno, and never fail visibly.
#pragma once

#include <cstdint>

#include "profiler/live_table.h"
#include "profiler/unwind.h"

namespace seep::profiler {

// Brings the profiler up: reads the options, learns the modules, arms the fork guard. Once, before
// main, in the library's constructor. `skip_own_frames`: these sources are a library of their own.
void StartUp(const char* options, void (*free_block)(void*), bool skip_own_frames);
// At exit.
void ShutDown();

// The thread's leg has ended within an allocation of `size` bytes. Returns λ if it is drawn, else
// 0.
double EndLeg(uint64_t size);

// An allocation of `size` bytes that came by EndLeg has failed: takes it off the bytes allocated.
void Refund(uint64_t size);

// A drawn allocation that succeeded. `fresh`: its content is indeterminate, so its first words may
// be zeroed, lest a stale vtable pointer be taken for its class. `flags`: recording::SlotFlag.
void RecordAllocation(void* block, uint64_t size, double exposure, const Registers& caller,
                      bool fresh, uint8_t flags);

// free() of a block whose filter byte is set. False: do not free it, a stamper will.
bool ReleaseForFree(void* block);

// Whoever changes the sample table or the recording by another way asks first: the profiler is up,
// and a forked child has taken over.
bool ReadyForSamples();

int Resume();
void Pause();
void Mark(const char* text);

}  // namespace seep::profiler
