// Our walk against libunwind's and against what the functions on the stack say of themselves.
#include "profiler/unwind.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <thread>

#include "profiler/cfi.h"
#include "profiler/module_table.h"
#include "tests/profiler/unwind_frames.h"

namespace seep::profiler {
namespace {

class UnwindTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PrepareWalks(); }

  static void ExpectUnwound(Path path) {
    Go(path);
    ExpectWholeWalk(path);
    EXPECT_EQ(path.walk.flags, 0);
  }
};

TEST_F(UnwindTest, EveryKindOfFrame) {
  for (PathFunction function : kAllFrames) {
    SCOPED_TRACE(std::distance(std::begin(kAllFrames), std::ranges::find(kAllFrames, function)));
    ExpectUnwound(Path({function}));
    ExpectUnwound(Path({Plain, ScribblesRbp, function, Plain}));
    ExpectUnwound(Path({AlignsAndGrows, function, AlignsAndGrows, Plain}));
  }
  ExpectUnwound(Path({Plain, KeepsLargestFrame, Plain}));
}

TEST_F(UnwindTest, AnyMixtureOfFrames) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE(i);
    Path path({});
    for (auto left = 1 + random() % 12; left > 0; --left) {
      path.Add(kAllFrames[random() % std::size(kAllFrames)]);
    }
    ExpectUnwound(path);
    if (HasFailure()) return;
  }
}

TEST_F(UnwindTest, OtherThreads) {
  std::thread([] { ExpectUnwound(Path({Plain, AlignsAndGrows, KeepsLargeFrame})); }).join();
}

// The kinds are what they are meant to be: this compiler makes such frames.
TEST_F(UnwindTest, FramesNeedEveryKindOfRule) {
  std::set<int> kinds;
  for (PathFunction function : kAllFrames) {
    Path path({function});
    Go(path);
    // Where `function`, or what it calls, called LookBack.
    uintptr_t pc = path.noted[path.note_count - 1] - 1;
    kinds.insert(ReadUnwindRule(pc, FindModule(pc)).kind);
  }
  EXPECT_EQ(kinds, (std::set<int>{UnwindRule::kCfaFromRsp, UnwindRule::kCfaFromRbp,
                                  UnwindRule::kCfaAtRbp}));
}

TEST_F(UnwindTest, TooDeepIsMarked) {
  Path path({});
  for (int i = 0; i < 200; ++i) path.Add(i % 2 == 0 ? Plain : ScribblesRbp);
  Go(path);
  EXPECT_EQ(path.walk.count, kMaxFrames);
  EXPECT_EQ(path.walk.flags, recording::kStackTruncated);
  EXPECT_TRUE(std::equal(path.walk.frames, path.walk.frames + kMaxFrames, path.libunwind.begin()));
  EXPECT_TRUE(std::equal(path.walk.frames, path.walk.frames + kMaxFrames, path.truth.begin()));
}

}  // namespace
}  // namespace seep::profiler
