// The profiler's own logarithm and exponentials against libm's, on a million points each.
#include "profiler/arithmetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace seep::profiler {
namespace {

constexpr int kPoints = 1'000'000;
constexpr double kBound = 1e-12;  // relative, as arithmetic.h promises

double RelativeError(double value, double truth) {
  return truth == 0 ? std::abs(value) : std::abs(value / truth - 1);
}

// The largest error of ours(x) against truth(x), over points that `draw` makes.
template <typename Draw, typename Ours, typename Truth>
double Worst(Draw draw, Ours ours, Truth truth) {
  double worst = 0;
  for (int i = 0; i < kPoints; ++i) {
    double x = draw();
    worst = std::max(worst, RelativeError(ours(x), truth(x)));
  }
  ::testing::Test::RecordProperty("worst", std::to_string(worst * 1e15) + "e-15");
  return worst;
}

class ArithmeticTest : public ::testing::Test {
 protected:
  double Between(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  // Every order of magnitude alike.
  double Magnitude(double low, double high) {
    return std::exp(Between(std::log(low), std::log(high)));
  }
  // As the sampler draws it: (0, 1] in steps of 2^−53.
  double Uniform() { return static_cast<double>((random_() >> 11) + 1) * 0x1p-53; }

  std::mt19937_64 random_{1};
};

double Ln(double u) { return -std::log(u); }
double Exp(double x) { return std::exp(-x); }
double OneMinus(double x) { return -std::expm1(-x); }

TEST_F(ArithmeticTest, LogarithmOfWhatTheSamplerDraws) {
  EXPECT_LT(Worst([&] { return Uniform(); }, NegativeLog, Ln), kBound);
}

TEST_F(ArithmeticTest, LogarithmOfSmallNumbers) {
  EXPECT_LT(Worst([&] { return Magnitude(0x1p-53, 1); }, NegativeLog, Ln), kBound);
}

// ln u ≈ u − 1: whoever computes it from a rounded 1 − u loses all digits here.
TEST_F(ArithmeticTest, LogarithmNextToOne) {
  EXPECT_LT(Worst([&] { return 1 - Magnitude(0x1p-53, 1e-3); }, NegativeLog, Ln), kBound);
  EXPECT_EQ(NegativeLog(1), 0);
}

TEST_F(ArithmeticTest, Exponential) {
  EXPECT_LT(Worst([&] { return Between(0, 700); }, ExpNegative, Exp), kBound);
  EXPECT_LT(Worst([&] { return Magnitude(1e-18, 700); }, ExpNegative, Exp), kBound);
  EXPECT_EQ(ExpNegative(0), 1);
  EXPECT_EQ(ExpNegative(1e300), 0);
}

// 64 bytes at T = 1 TiB: λ = 6e-11, where 1 − e^−λ would keep six digits.
TEST_F(ArithmeticTest, ProbabilityFromTinyToCertain) {
  EXPECT_LT(Worst([&] { return Magnitude(1e-18, 1000); }, OneMinusExpNegative, OneMinus), kBound);
  EXPECT_LT(Worst([&] { return Between(0.4, 0.6); }, OneMinusExpNegative, OneMinus), kBound);
  EXPECT_EQ(OneMinusExpNegative(0), 0);
  EXPECT_EQ(OneMinusExpNegative(40), 1);
}

}  // namespace
}  // namespace seep::profiler
