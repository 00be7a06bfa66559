// A number that was sampled is not a number that was counted: it carries its uncertainty with it.
#pragma once

#include <cmath>
#include <cstdint>

namespace seep {

// A sum over sampled items, each kept with probability p and therefore standing for 1/p items
// (Horvitz-Thompson). With x the item's value (1 for a count, its size for bytes):
//   value    = Σ x/p              unbiased whatever the mix of sizes, because each item is unbiased
//                                 before the sum (never after: jemalloc, PROFILING_INTERNALS.md)
//   variance = Σ x²(1−p)/p²       unbiased too; 0 when everything was counted (p = 1)
//   squares  = Σ (x/p)²           for tests of a trend, which must include the randomness of the
//                                 arrivals themselves and not only that of the sampling
// Estimates of disjoint sets add up member by member, so hosts and processes can be merged.
struct Estimate {
  double value = 0;
  double variance = 0;
  double squares = 0;
  uint64_t samples = 0;

  static Estimate Of(double x, double probability) {
    double scaled = x / probability;
    return {scaled, scaled * scaled * (1 - probability), scaled * scaled, 1};
  }

  // n items alike, each kept or lost by itself.
  static Estimate OfMany(uint64_t n, double x, double probability) {
    Estimate one = Of(x, probability);
    auto times = static_cast<double>(n);
    return {one.value * times, one.variance * times, one.squares * times, n};
  }

  double std_error() const { return std::sqrt(variance); }

  bool operator==(const Estimate&) const = default;

  Estimate& operator+=(const Estimate& other) {
    value += other.value;
    variance += other.variance;
    squares += other.squares;
    samples += other.samples;
    return *this;
  }
};

}  // namespace seep
