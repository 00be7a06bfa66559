// Lines for people: marks that the program sets, options that were not understood; and the log of
// the sampling interval. Append-only, lock-free; full means counted.
#pragma once

#include <cstdint>

#include "snapshot/recording_format.h"

namespace seep::profiler {

void AddNotice(recording::NoticeKind kind, const char* text);
void AddInterval(uint64_t interval, recording::IntervalCause cause);

void MirrorAllNotices();

}  // namespace seep::profiler
