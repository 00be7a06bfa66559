// Names that the recording keeps: paths, mangled names, labels. Append-only, lock-free.
#pragma once

#include <cstdint>
#include <string_view>

#include "snapshot/recording_format.h"

namespace seep::profiler {

// Length 0 (counted) when the pool is full. Whoever keeps it in a record mirrors it with the
// record.
recording::StringRef AddString(std::string_view text);

// The private copy.
std::string_view StringAt(recording::StringRef ref);

// Copies it to the file.
void MirrorString(recording::StringRef ref);

}  // namespace seep::profiler
