// Signal handlers that allocate, in a program that is being sampled.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

uint64_t NumberAfter(const std::string& word, const std::string& line) {
  EXPECT_EQ(line.substr(0, word.size() + 1), word + " ");
  return strtoull(line.c_str() + std::min(line.size(), word.size()), nullptr, 10);
}

class Signals : public testing::TestWithParam<std::string> {};

TEST_P(Signals, HandlersThatAllocate) {
  Scratch scratch;
  Launch launch = Profiled({Program("e2e_signal_storm"), "3"},
                           "sample=" + GetParam() + ":output=" + (scratch / "recording"));
  launch.environment[0] += ":" + std::string(SEEP_E2E_SIGNAL_SAFE_MALLOC);
  Process storm(launch);
  uint64_t by_main = NumberAfter("main", storm.ReadLine());
  uint64_t by_handler = NumberAfter("handler", storm.ReadLine());
  uint64_t signals = NumberAfter("signals", storm.ReadLine());
  ASSERT_GT(signals, 1000u);
  ASSERT_GT(by_main, 0u);

  Snapshot snapshot = CaptureOrFail(scratch / "recording");
  Recording recording = CopyOrFail(scratch / "recording");
  EXPECT_EQ(recording.unfinished[recording::kSlots], 0u);
  Estimate main = SumOf(snapshot, "by", "main").objects;
  Estimate handler = SumOf(snapshot, "by", "handler").objects;
  uint64_t dropped = CounterOf(recording, recording::kDroppedReentrant);
  printf("%lu signals; main %lu, estimated %.0f ± %.0f; handler %lu, estimated %.0f; %lu dropped\n",
         signals, by_main, main.value, main.std_error(), by_handler, handler.value, dropped);
  if (GetParam() == "1") {
    EXPECT_EQ(main.samples, by_main);
    // Samples that a handler draws while it interrupts the profiler are dropped; none may stay on
    // after its block is gone.
    EXPECT_LE(handler.samples, by_handler);
    EXPECT_LE(by_handler - handler.samples, dropped);
  } else {
    EXPECT_LT(std::abs(main.value - static_cast<double>(by_main)), 4.5 * main.std_error());
  }
  storm.CloseInput();
  EXPECT_EQ(storm.Wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(At, Signals, testing::Values("1", "4KiB"),
                         [](const auto& interval) { return "T" + interval.param; });

}  // namespace
}  // namespace seep::e2e
