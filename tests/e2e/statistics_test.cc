// Estimates are unbiased and their standard errors true, whatever the interval does.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/e2e/support/estimates.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

class Statistics : public testing::Test {
 protected:
  std::string Do(Process& puppet, const std::string& order) {
    puppet.Send(order);
    return puppet.ReadLine();
  }
  Launch Puppet(const std::string& interval) {
    return Profiled({Program("e2e_puppet")}, "sample=" + interval + ":output=" + Path());
  }
  std::string Path() { return scratch_ / "recording"; }

  Scratch scratch_;
};

// The errors of many estimates, in units of what their standard errors say.
class Errors {
 public:
  void Add(const Estimate& estimate, double truth) {
    double error = estimate.value - truth;
    sum_ += error;
    squares_ += error * error;
    variance_ += estimate.variance;
  }
  double sum() const { return sum_ / std::sqrt(variance_); }         // about 0, with a spread of 1
  double spread() const { return std::sqrt(squares_ / variance_); }  // about 1

 private:
  double sum_ = 0, squares_ = 0, variance_ = 0;
};

// Of n repetitions the spread itself has one of 1/√2n: 0.065 for 120, so that 30 % are 4.6 of them.
TEST_F(Statistics, UnbiasedAndTrueStandardErrors) {
  constexpr int kRepetitions = 120;
  Errors objects, bytes;
  for (int seed = 1; seed <= kRepetitions; ++seed) {
    Process puppet(Puppet("64KiB"));
    std::istringstream answer(Do(puppet, "mix heap 20000 " + std::to_string(seed)));
    double true_objects = 0, true_bytes = 0;
    answer >> true_objects >> true_bytes;
    ASSERT_GT(true_objects, 0);
    Sum sum = SumOf(CaptureOrFail(Path()), "by", "heap");
    objects.Add(sum.objects, true_objects);
    bytes.Add(sum.bytes, true_bytes);
    puppet.Kill();
    unlink(Path().c_str());
  }
  printf("%d repetitions: objects off by %+.2f standard errors, spread %.2f; bytes %+.2f, %.2f\n",
         kRepetitions, objects.sum(), objects.spread(), bytes.sum(), bytes.spread());
  for (const Errors& errors : {objects, bytes}) {
    EXPECT_LT(std::abs(errors.sum()), kTolerance);
    EXPECT_NEAR(errors.spread(), 1, 0.3);
  }
}

TEST_F(Statistics, ThinnedTableStaysRight) {
  Process puppet(Puppet("1"));
  Do(puppet, "allocate first 150000 48");
  Do(puppet, "allocate second 100000 100");
  Do(puppet, "allocate large 50 1000000");
  Do(puppet, "allocate third 150000 48");
  Recording recording = CopyOrFail(Path());
  EXPECT_GT(CounterOf(recording, recording::kThinnings), 2u);
  EXPECT_EQ(CounterOf(recording, recording::kDroppedNoSlot), 0u);
  EXPECT_GT(recording.header.interval, 4u);
  Snapshot snapshot = CaptureOrFail(Path());
  EXPECT_LT(snapshot.blocks.size(), 49'152u + 4);
  ExpectNear("first", SumOf(snapshot, "by", "first").objects, 150'000);
  ExpectNear("second", SumOf(snapshot, "by", "second").objects, 100'000);
  ExpectNear("third, born at a wider interval", SumOf(snapshot, "by", "third").objects, 150'000);
  EXPECT_NEAR(SumOf(snapshot, "by", "large").objects.value, 50, 1e-6) << "certain to be kept";

  Do(puppet, "free second");
  snapshot = CaptureOrFail(Path());
  EXPECT_EQ(SumOf(snapshot, "by", "second").objects.samples, 0u);
  ExpectNear("first, after a free", SumOf(snapshot, "by", "first").objects, 150'000);
}

TEST_F(Statistics, IntervalChangesByTheProgram) {
  Process puppet(Puppet("4KiB"));
  Do(puppet, "allocate fine 20000 500");
  Do(puppet, "interval 65536");
  Do(puppet, "allocate coarse 40000 500");
  Do(puppet, "stop");
  Do(puppet, "churn 5000000");  // within 4 MiB every thread has followed
  Do(puppet, "allocate unseen 20000 500");
  Do(puppet, "start");
  Do(puppet, "churn 5000000");
  Do(puppet, "allocate again 40000 500");
  Snapshot snapshot = CaptureOrFail(Path());
  EXPECT_EQ(snapshot.process.sample_interval, 65536u);
  ExpectNear("at 4 KiB", SumOf(snapshot, "by", "fine").objects, 20'000);
  ExpectNear("at 64 KiB", SumOf(snapshot, "by", "coarse").objects, 40'000);
  EXPECT_EQ(SumOf(snapshot, "by", "unseen").objects.samples, 0u) << "stopped";
  ExpectNear("started again", SumOf(snapshot, "by", "again").objects, 40'000);
}

// The control word of the recording, as a command outside the process writes it.
TEST_F(Statistics, IntervalChangesFromOutside) {
  Process puppet(Puppet("64KiB"));
  Do(puppet, "allocate coarse 40000 500");
  int fd = open(Path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  uint64_t interval = 2048;
  uint32_t sequence = 1;
  using Control = decltype(recording::Header::control);
  constexpr off_t kControl = offsetof(recording::Header, control);
  ASSERT_EQ(pwrite(fd, &interval, 8, kControl + static_cast<off_t>(offsetof(Control, interval))),
            8);
  ASSERT_EQ(pwrite(fd, &sequence, 4, kControl + static_cast<off_t>(offsetof(Control, sequence))),
            4);
  close(fd);
  Do(puppet, "churn 5000000");
  Do(puppet, "allocate fine 20000 500");
  Snapshot snapshot = CaptureOrFail(Path());
  EXPECT_EQ(snapshot.process.sample_interval, 2048u);
  ExpectNear("at 64 KiB", SumOf(snapshot, "by", "coarse").objects, 40'000);
  Sum fine = SumOf(snapshot, "by", "fine");
  ExpectNear("at 2 KiB", fine.objects, 20'000);
  EXPECT_GT(fine.objects.samples, 3000u);
}

}  // namespace
}  // namespace seep::e2e
