// The recording's memory of its own past: what was live, second by second, then ever coarser.
#pragma once

#include <cstdint>

#include "snapshot/recording_format.h"

namespace seep::profiler {

// At a sample event: writes a pulse if the last one is at least a second old.
void PulseIfDue(uint64_t now_ns);

// At once, with a cause other than time.
void PulseNow(recording::PulseCause cause);

// In a forked child: begins anew.
void ResetPulses();

// Whether to read this process's resident size and limits (option rss=on).
void EnableResidency(bool on);

}  // namespace seep::profiler
