// Reads the head of a small file (/proc, /sys) into a caller's buffer; leaves no descriptor open.
#pragma once

#include <cstddef>
#include <string_view>

namespace seep::profiler {

// What was read, at most `size` bytes; empty: it could not be.
std::string_view ReadSmallFile(const char* path, char* buffer, size_t size);

// The decimal number at the front of `text`; false: there is none ("max").
bool ParseNumber(std::string_view text, unsigned long long* value);

}  // namespace seep::profiler
