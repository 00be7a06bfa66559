// A SIGKILL at any moment leaves a recording that opens and whose samples are whole.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
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

// SEEP_E2E_KILLS=500 for the long run.
int Kills() {
  const char* text = getenv("SEEP_E2E_KILLS");
  return text != nullptr ? atoi(text) : 100;
}

struct Remains {
  std::vector<LoggedBlock> differing;
  size_t logged = 0;
  uint64_t torn = 0;
};

// Starts the stress under `seep run`, kills the whole process group after `operations` and a while,
// and reads what is left.
void KillOnce(uint64_t operations, std::chrono::microseconds then, Remains* remains) {
  Scratch scratch;
  TruthLog* log = TruthLog::Map(scratch / "truth");
  Process group(
      {.command = {Program("seep"), "run", "--sample", "1", "-o", scratch / "recording", "--",
                   Program("e2e_stress"), scratch / "truth", std::to_string(kThreads)},
       .own_session = true});
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (log->operations.load() < operations && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  std::this_thread::sleep_for(then);
  ASSERT_GT(group.pid(), 1);  // kill(-1) is everybody
  ASSERT_EQ(kill(-group.pid(), SIGKILL), 0);
  ASSERT_EQ(group.Wait(), 128 + SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0) {  // the stress, which is ours now
  }

  Recording recording = CopyOrFail(scratch / "recording");
  remains->torn = recording.unfinished[recording::kSlots];
  std::vector<LoggedBlock> recorded = BlocksByThread(CaptureOrFail(scratch / "recording"));
  std::vector<LoggedBlock> logged = BlocksOf(*log);
  remains->logged = logged.size();
  std::set_symmetric_difference(recorded.begin(), recorded.end(), logged.begin(), logged.end(),
                                std::back_inserter(remains->differing));
  munmap(log, sizeof(TruthLog));
}

TEST(Sigkill, EveryRecordingOpensAndEverySampleIsWhole) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::mt19937 random(std::random_device{}());
  size_t kills = static_cast<size_t>(Kills());
  size_t differing = 0, worst = 0, compared = 0;
  uint64_t torn = 0, most_torn = 0;
  for (size_t i = 0; i < kills; ++i) {
    Remains remains;
    KillOnce(random() % 40'000, std::chrono::microseconds(random() % 3000), &remains);
    if (HasFatalFailure()) return;
    EXPECT_LE(remains.differing.size(), kThreads) << "kill " << i;
    EXPECT_LE(remains.torn, kThreads) << "kill " << i;
    compared += remains.logged;
    differing += remains.differing.size();
    worst = std::max(worst, remains.differing.size());
    torn += remains.torn;
    most_torn = std::max(most_torn, remains.torn);
  }
  printf(
      "%zu kills, %zu blocks compared, %zu differ (at most %zu at once), %zu torn (at most %zu)\n",
      kills, compared, differing, worst, static_cast<size_t>(torn), static_cast<size_t>(most_torn));
}

}  // namespace
}  // namespace seep::e2e
