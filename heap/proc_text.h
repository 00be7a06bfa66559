// Small helpers for the text files of /proc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace seep {

// The rest of the first line that starts with "name:", without surrounding blanks; empty: no such
// line.
std::string ProcField(std::string_view text, std::string_view name);

// "VmRSS:     1234 kB" → 1263616.
std::optional<uint64_t> ProcFieldBytes(std::string_view text, std::string_view name);

}  // namespace seep
