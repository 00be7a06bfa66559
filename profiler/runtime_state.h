// The few facts that every part of the runtime asks for.
#pragma once

#include <cstdint>

#include "snapshot/recording_format.h"

namespace seep::profiler {

// T now; 0: off.
uint64_t CurrentInterval();

// Changes T for every thread, within a leg of its allocations, and logs it.
void SetInterval(uint64_t interval, recording::IntervalCause cause);

// T and the number of threads, into the header.
void MirrorRuntimeState();

}  // namespace seep::profiler
