// The fixed words of every report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/findings.h"

namespace seep {

// "complete", "truncated", "foreign", "shortened", "unknown".
std::string StackEndWord(StackEnd end);

// Why a stack has no further callers, for people; "" for a complete one.
std::string StackEndReason(StackEnd end);

// "3 of 1,024": sampled blocks seen to be freed, of those born at the row's sites.
std::string FreedOfBorn(const std::optional<SiteTurnover>& turnover);

// FormatDuration, or a dash where nobody knows.
std::string AgeOrDash(const std::optional<double>& seconds);

// ", observed 4.0 s since 2026-…": by a profiler; ", started … 4.0 s before": a walked heap;
// ", written …": a core.
std::string ObservedFor(const Findings& findings);

// Is any call stack known?
bool HasStacks(const Findings& findings);

// "thread caches 1.2 MB, top 3 kB": what an allocator keeps for later; "nothing".
std::string KeptFree(const AllocatorRow& allocator);

// Whether the row is no heap, but a count of vtable pointers outside of all heaps.
bool IsRawCount(const AllocatorRow& allocator);

// FormatBytes, or `unknown`.
std::string BytesOr(const std::optional<uint64_t>& bytes, const char* unknown);

std::string Hex(const std::vector<uint8_t>& bytes);

// "2026-11-22 16:01:00 UTC".
std::string FormatTime(int64_t unix_ns);

}  // namespace seep
