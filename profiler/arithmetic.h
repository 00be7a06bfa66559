// The little mathematics of sampling, without libm (libseep.so needs libc alone). Relative errors
// below 1e-12; a test compares them with libm.
#pragma once

#include <bit>
#include <cstdint>

namespace seep::profiler {

// −ln(u) for u in (0, 1].
inline double NegativeLog(double u) {
  // u = m·2^e with m in [√½, √2); ln m = 2·atanh((m−1)/(m+1)), |argument| ≤ 0.1716.
  uint64_t bits = std::bit_cast<uint64_t>(u);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xF'FFFF'FFFF'FFFFu) | (uint64_t{1023} << 52));
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  double s = (m - 1) / (m + 1);
  double s2 = s * s;
  double series = 0;
  for (int k = 17; k >= 1; k -= 2) series = series * s2 + 1.0 / k;
  return -(exponent * 0.69314718055994530942 + 2 * s * series);
}

// e^−x for x ≥ 0.
inline double ExpNegative(double x) {
  if (x > 700) return 0;
  // x = k·ln2 + r with 0 ≤ r < 0.7; e^−x = 2^−k · e^−r.
  int k = static_cast<int>(x * 1.44269504088896340736);
  double r = x - k * 0.69314718055994530942;
  double series = 1;
  for (int n = 20; n >= 1; --n) series = 1 - series * r / n;
  return series * std::bit_cast<double>(static_cast<uint64_t>(1023 - k) << 52);
}

// 1 − e^−x for x ≥ 0, exact for tiny x too.
inline double OneMinusExpNegative(double x) {
  if (x > 0.5) return 1 - ExpNegative(x);
  double series = 1;
  for (int n = 16; n >= 2; --n) series = 1 - series * x / n;
  return x * series;
}

}  // namespace seep::profiler
