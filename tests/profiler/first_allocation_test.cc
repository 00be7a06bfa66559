// A thread's first allocation is drawn as any other. With a zeroed counter and no first leg it
// always would be: a server of short threads would be profiled as its threads' first blocks.
#include <gtest/gtest.h>

#include <cmath>

#include "profiler/hooks.h"
#include "profiler/runtime.h"
#include "profiler/thread_state.h"
#include "tests/profiler/in_child.h"

namespace seep::profiler {
namespace {

void Free(void*) {}

int DrawnAmongFirst(const char* options, uint64_t size, int threads) {
  StartUp(options, Free, false);
  int drawn = 0;
  for (int i = 0; i < threads; ++i) {
    t_state = {};  // as a new thread finds it
    if (!ChargeToLeg(size)) drawn += EndLeg(size) > 0;
  }
  return drawn;
}

TEST(FirstAllocationTest, IsDrawnWithTheProbabilityOfItsSize) {
  InChild([] {
    constexpr int kThreads = 100'000;
    double p = -std::expm1(-4097.0 / 65536);
    int drawn = DrawnAmongFirst("sample=64KiB", 4096, kThreads);
    EXPECT_NEAR(drawn, kThreads * p, 5 * std::sqrt(kThreads * p * (1 - p)));
  });
}

TEST(FirstAllocationTest, OfNoBytesIsRarelyDrawn) {
  InChild([] { EXPECT_LE(DrawnAmongFirst("sample=512KiB", 0, 100'000), 5); });
}

TEST(FirstAllocationTest, IsDrawnWhereEveryBlockIs) {
  InChild([] { EXPECT_EQ(DrawnAmongFirst("sample=1", 8, 1000), 1000); });
}

TEST(FirstAllocationTest, IsNotDrawnWhereNoneIs) {
  InChild([] { EXPECT_EQ(DrawnAmongFirst("sample=off", 1 << 20, 1000), 0); });
}

}  // namespace
}  // namespace seep::profiler
