// Estimates against the truth. A right estimate is within 3 standard errors of it in 99.7 % of the
// cases, which with some hundred comparisons would fail a run in four; within 4.5 in all but 7 of a
// million. The figures are printed, so that a person sees what 3 would say.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/estimate.h"

namespace seep::e2e {

inline constexpr double kTolerance = 4.5;  // standard errors

inline void ExpectNear(const std::string& what, double value, double std_error, double truth) {
  double errors = std_error > 0 ? (value - truth) / std_error : 0;
  printf("%-40s %12.0f ± %-8.0f true %12.0f: %+.2f standard errors\n", what.c_str(), value,
         std_error, truth, errors);
  EXPECT_LE(std::abs(value - truth), kTolerance * std_error) << what;
}

inline void ExpectNear(const std::string& what, const Estimate& estimate, double truth) {
  ExpectNear(what, estimate.value, estimate.std_error(), truth);
}

}  // namespace seep::e2e
