// Names that the recording keeps: paths, mangled names, labels. Append-only, lock-free.
#pragma once

#include <cstdint>
#include <string_view>

#include "snapshot/recording_format.h"

namespace seep::profiler {

// Length 0 (counted) when the pool is full.
recording::StringRef AddString(std::string_view text);

// The private copy.
std::string_view StringAt(recording::StringRef ref);

void MirrorAllStrings();

}  // namespace seep::profiler
