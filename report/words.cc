#include "report/words.h"

#include <ctime>

#include "absl/strings/str_format.h"
#include "report/format.h"

namespace seep {

std::string StackEndWord(StackEnd end) {
  switch (end) {
    case StackEnd::kComplete:
      return "complete";
    case StackEnd::kTruncated:
      return "truncated";
    case StackEnd::kForeign:
      return "foreign";
    case StackEnd::kShortened:
      return "shortened";
    case StackEnd::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string StackEndReason(StackEnd end) {
  switch (end) {
    case StackEnd::kComplete:
      return "";
    case StackEnd::kTruncated:
      return "callers not known: too deep, or a frame could not be unwound";
    case StackEnd::kForeign:
      return "callers may be missing: a fiber or an alternate signal stack";
    case StackEnd::kShortened:
      return "callers not kept: the recording's frame pool was nearly full";
    case StackEnd::kUnknown:
      return "no stack: the recording's stack table was full, or nothing recorded it";
  }
  return "";
}

std::string FreedOfBorn(const std::optional<SiteTurnover>& turnover) {
  if (!turnover) return "not known";
  return absl::StrFormat("%s of %s", FormatCount(turnover->died.objects.samples),
                         FormatCount(turnover->born.objects.samples));
}

std::string AgeOrDash(const std::optional<double>& seconds) {
  return seconds ? FormatDuration(*seconds) : "–";
}

std::string ObservedFor(const Findings& findings) {
  std::string time = FormatTime(findings.process.start_real_ns);
  bool known = findings.process.start_real_ns > 0;
  std::string duration = FormatDuration(findings.observation_s);
  if (findings.allocators.empty()) {
    return absl::StrCat(", observed ", duration, known ? " since " + time : "");
  }
  if (!known) return "";
  if (findings.observation_s > 0)
    return absl::StrCat("; started ", time, ", ", duration, " before");
  return absl::StrCat(", written ", time);
}

bool HasStacks(const Findings& findings) {
  return std::any_of(findings.sites.begin(), findings.sites.end(),
                     [](const SiteRow& site) { return !site.frames.empty(); });
}

std::string KeptFree(const AllocatorRow& allocator) {
  std::string text;
  for (const AllocatorRow::Free& free : allocator.free) {
    if (free.bytes == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", free.where, " ",
                    FormatBytes(static_cast<double>(free.bytes)));
  }
  return text.empty() ? "nothing" : text;
}

bool IsRawCount(const AllocatorRow& allocator) {
  return allocator.live_blocks > 0 && allocator.live_bytes == 0;
}

std::string BytesOr(const std::optional<uint64_t>& bytes, const char* unknown) {
  return bytes ? FormatBytes(static_cast<double>(*bytes)) : unknown;
}

std::string Hex(const std::vector<uint8_t>& bytes) {
  std::string hex;
  for (uint8_t byte : bytes) absl::StrAppendFormat(&hex, "%02x", byte);
  return hex;
}

std::string FormatTime(int64_t unix_ns) {
  std::time_t seconds = unix_ns / 1'000'000'000;
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "?";
  char text[64];
  size_t length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
  return std::string(text, length);
}

}  // namespace seep
