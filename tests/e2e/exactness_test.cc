// At sample=1 the live samples are the live blocks, at any moment.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/truth_log.h"

namespace seep::e2e {
namespace {

constexpr size_t kThreads = 4;
constexpr int kPauses = 100;

void WaitForOperations(const TruthLog& log, uint64_t count) {
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (log.operations.load() < count && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_GE(log.operations.load(), count);
}

TEST(Exactness, LiveSetEqualsTheTruthAtRandomPauses) {
  Scratch scratch;
  TruthLog* log = TruthLog::Map(scratch / "truth");
  Process stress(Profiled({Program("e2e_stress"), scratch / "truth", std::to_string(kThreads)},
                          "sample=1:output=" + (scratch / "recording")));
  WaitForOperations(*log, 100'000);  // all places have been in use

  std::minstd_rand random(7);
  size_t worst = 0, sum = 0, compared = 0;
  for (int pause = 0; pause < kPauses; ++pause) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    stress.Stop();
    Snapshot snapshot = CaptureOrFail(scratch / "recording");
    std::vector<LoggedBlock> recorded = BlocksByThread(snapshot);
    std::vector<LoggedBlock> logged = BlocksOf(*log);
    std::vector<LoggedBlock> differing;
    std::set_symmetric_difference(recorded.begin(), recorded.end(), logged.begin(), logged.end(),
                                  std::back_inserter(differing));
    EXPECT_LE(differing.size(), kThreads) << "pause " << pause;
    EXPECT_GT(logged.size(), TruthLog::kPlaces / 3);
    worst = std::max(worst, differing.size());
    sum += differing.size();
    compared += logged.size();
    stress.Signal(SIGCONT);
  }
  Recording recording = CopyOrFail(scratch / "recording");
  EXPECT_EQ(CounterOf(recording, recording::kMissedFrees), 0u);
  EXPECT_EQ(CounterOf(recording, recording::kDroppedNoSlot), 0u);
  EXPECT_EQ(CounterOf(recording, recording::kDroppedIndexFull), 0u);
  EXPECT_EQ(CounterOf(recording, recording::kThinnings), 0u);
  printf("%d pauses, %zu operations, %zu blocks compared, %zu differ, at most %zu at once\n",
         kPauses, static_cast<size_t>(log->operations.load()), compared, sum, worst);
  EXPECT_EQ(stress.Kill(), 128 + SIGKILL);
}

}  // namespace
}  // namespace seep::e2e
