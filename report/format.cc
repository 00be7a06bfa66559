#include "report/format.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace seep {
namespace {

struct Unit {
  const char* name;
  double size;
};
constexpr std::array<Unit, 6> kByteUnits = {
    {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}}};

// The unit in which `n` has one to three digits before the point. 999.95 kB would print as
// "1000.0 kB", so the border lies just below the next unit.
const Unit& ByteUnit(double n) {
  size_t i = 0;
  while (i + 1 < kByteUnits.size() && std::abs(n) >= 0.9995 * kByteUnits[i + 1].size) ++i;
  return kByteUnits[i];
}

std::string InUnit(double n, const Unit& unit) {
  double scaled = n / unit.size;
  bool whole = unit.size == 1 || std::abs(scaled) >= 99.95;
  return whole ? absl::StrFormat("%.0f", scaled) : absl::StrFormat("%.1f", scaled);
}

std::string WithSeparators(const std::string& digits) {
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    bool first = i == 0 || digits[i - 1] == '-';
    if (!first && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

// 8123 → 8100: an error of an error is large, more digits would be noise.
double TwoDigits(double n) {
  if (n <= 0) return 0;
  double step = std::pow(10, std::floor(std::log10(n)) - 1);
  return std::round(n / step) * step;
}

template <typename Format>
std::string Rate(double per_second, Format format) {
  struct Period {
    const char* name;
    double seconds;
  };
  constexpr std::array<Period, 3> kPeriods = {{{"s", 1}, {"min", 60}, {"h", 3600}}};
  for (const Period& period : kPeriods) {
    if (per_second * period.seconds >= 1) {
      return absl::StrCat(format(per_second * period.seconds), "/", period.name);
    }
  }
  return absl::StrCat(format(per_second * 86400), "/d");
}

}  // namespace

std::string FormatCount(uint64_t n) { return WithSeparators(absl::StrCat(n)); }

std::string FormatCount(double n) {
  if (!std::isfinite(n)) return "?";
  return WithSeparators(absl::StrFormat("%.0f", n));
}

std::string FormatCountError(const Estimate& n) {
  double error = n.std_error();
  if (!(error > 0)) return "";
  if (error < 0.095) return "<0.1";
  return error >= 9.95 ? FormatCount(TwoDigits(error)) : absl::StrFormat("%.1f", error);
}

std::string FormatCount(const Estimate& n) {
  std::string error = FormatCountError(n);
  return FormatCount(n.value) + (error.empty() ? "" : " ± " + error);
}

std::string FormatBytes(double n) {
  if (!std::isfinite(n)) return "?";
  const Unit& unit = ByteUnit(n);
  return absl::StrCat(InUnit(n, unit), " ", unit.name);
}

std::string FormatBytesError(const Estimate& n) {
  double error = n.std_error();
  if (!(error > 0)) return "";
  double scaled = TwoDigits(error) / ByteUnit(n.value).size;
  if (scaled >= 9.95) return absl::StrFormat("%.0f", scaled);
  // One digit behind the point as in the value, unless it would be 0.
  return scaled >= 0.095 ? absl::StrFormat("%.1f", scaled) : absl::StrFormat("%.2g", scaled);
}

std::string FormatBytes(const Estimate& n) {
  std::string error = FormatBytesError(n);
  if (error.empty()) return FormatBytes(n.value);
  const Unit& unit = ByteUnit(n.value);
  return absl::StrCat(InUnit(n.value, unit), " ± ", error, " ", unit.name);
}

std::string FormatPercent(double share) {
  double percent = share * 100;
  if (percent <= 0) return "0 %";
  if (percent < 0.1) return "<0.1 %";
  if (percent >= 100) return "100 %";
  if (percent > 99.9) return ">99.9 %";
  bool tenths = percent < 9.95 || percent >= 99;
  return tenths ? absl::StrFormat("%.1f %%", percent) : absl::StrFormat("%.0f %%", percent);
}

std::string FormatDuration(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds == 0) return "0 s";
  if (seconds < 0.05) return "<0.1 s";
  if (seconds < 9.95) return absl::StrFormat("%.1f s", seconds);
  double whole = std::round(seconds);
  if (whole < 120) return absl::StrFormat("%.0f s", whole);
  int64_t minutes = static_cast<int64_t>(std::round(std::min(seconds, 1e15) / 60));
  if (minutes < 120) return absl::StrCat(minutes, " min");
  int64_t hours = minutes / 60;
  if (hours < 48) return absl::StrCat(hours, " h ", minutes % 60, " min");
  return absl::StrCat(hours / 24, " d ", hours % 24, " h");
}

std::string FormatByteRate(double per_second) {
  return Rate(per_second, [](double n) { return FormatBytes(n); });
}

std::string FormatCountRate(double per_second, std::string_view noun) {
  return Rate(per_second, [noun](double n) {
    return (n < 9.95 ? absl::StrFormat("%.1f ", n) : FormatCount(n) + " ").append(noun);
  });
}

std::string FormatInterval(uint64_t bytes) {
  constexpr uint64_t kKiB = 1 << 10, kMiB = 1 << 20;
  if (bytes >= kMiB && bytes % kMiB == 0) return absl::StrCat(bytes / kMiB, " MiB");
  if (bytes >= kKiB && bytes % kKiB == 0) return absl::StrCat(bytes / kKiB, " KiB");
  return absl::StrCat(bytes, " B");
}

}  // namespace seep
