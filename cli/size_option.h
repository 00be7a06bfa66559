// Sizes and durations as they are typed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace seep {

// "4096", "512KiB", "512k", "1MB": of units, powers of two all. Nothing: not a size, or over 2^40.
std::optional<uint64_t> ParseSize(std::string_view text);

// "90", "90s", "10m", "2h". Nothing: not a duration, or over a year.
std::optional<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace seep
