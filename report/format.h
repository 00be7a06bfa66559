// Numbers as people read them. Sizes are decimal (1 MB = 1,000,000 bytes), as the kernel's tools
// and disk makers use the word; powers of two say so ("512 KiB").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/estimate.h"

namespace seep {

std::string FormatCount(uint64_t n);         // "1,203,441"
std::string FormatCount(double n);           // rounded to a whole
std::string FormatBytes(double n);           // "73.2 MB", "840 B"
std::string FormatPercent(double share);     // of 0..1: ">99.9 %", "12 %", "<0.1 %"
std::string FormatDuration(double seconds);  // "0.3 s", "41 s", "12 min", "3 h 20 min", "5 d 2 h"

// The standard error, to two digits; "" where everything was counted. That of bytes is in the unit
// in which FormatBytes gives the value.
std::string FormatCountError(const Estimate& n);  // "8,100"
std::string FormatBytesError(const Estimate& n);  // "0.5"

// Both together: "1,203,441 ± 8,100", "73.2 ± 0.5 MB".
std::string FormatCount(const Estimate& n);
std::string FormatBytes(const Estimate& n);

// In the unit of time in which it is not below 1: "1.8 MB/s", "40 objects/h".
std::string FormatByteRate(double per_second);
std::string FormatCountRate(double per_second, std::string_view noun);

// A configured size: "512 KiB" where it is a whole number of them, else bytes.
std::string FormatInterval(uint64_t bytes);

}  // namespace seep
