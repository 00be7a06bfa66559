#include "report/format.h"

#include <limits>

#include "gtest/gtest.h"

namespace seep {
namespace {

Estimate With(double value, double std_error) {
  Estimate estimate;
  estimate.value = value;
  estimate.variance = std_error * std_error;
  estimate.samples = 1;
  return estimate;
}

TEST(FormatCount, SeparatesThousands) {
  EXPECT_EQ(FormatCount(0.0), "0");
  EXPECT_EQ(FormatCount(999.4), "999");
  EXPECT_EQ(FormatCount(1000.0), "1,000");
  EXPECT_EQ(FormatCount(1203441.0), "1,203,441");
  EXPECT_EQ(FormatCount(-123456.0), "-123,456");
  EXPECT_EQ(FormatCount(std::numeric_limits<uint64_t>::max()), "18,446,744,073,709,551,615");
  EXPECT_EQ(FormatCount(std::numeric_limits<double>::infinity()), "?");
}

TEST(FormatCount, GivesTheErrorTwoDigits) {
  EXPECT_EQ(FormatCount(With(1203441, 8123)), "1,203,441 ± 8,100");
  EXPECT_EQ(FormatCount(With(120, 14.7)), "120 ± 15");
  EXPECT_EQ(FormatCount(With(12, 3.46)), "12 ± 3.5");
  EXPECT_EQ(FormatCount(With(12, 0.006)), "12 ± <0.1");
  EXPECT_EQ(FormatCount(With(12, 0)), "12");
}

TEST(FormatBytes, ChoosesTheUnit) {
  EXPECT_EQ(FormatBytes(0.0), "0 B");
  EXPECT_EQ(FormatBytes(999.0), "999 B");
  EXPECT_EQ(FormatBytes(1000.0), "1.0 kB");
  EXPECT_EQ(FormatBytes(73'234'567.0), "73.2 MB");
  EXPECT_EQ(FormatBytes(118'489'088.0), "118 MB");
  EXPECT_EQ(FormatBytes(999'960.0), "1.0 MB");  // never "1000 kB"
  EXPECT_EQ(FormatBytes(1.6e9 * 48), "76.8 GB");
}

TEST(FormatBytes, GivesValueAndErrorOneUnit) {
  EXPECT_EQ(FormatBytes(With(73.23e6, 0.52e6)), "73.2 ± 0.5 MB");
  EXPECT_EQ(FormatBytes(With(73.23e6, 12e3)), "73.2 ± 0.012 MB");
  EXPECT_EQ(FormatBytes(With(197e3, 113e3)), "197 ± 110 kB");
  EXPECT_EQ(FormatBytes(With(124e3, 88.1e3)), "124 ± 88 kB");
  EXPECT_EQ(FormatBytes(With(840, 3.14)), "840 ± 3.1 B");
  EXPECT_EQ(FormatBytes(With(73.23e6, 0)), "73.2 MB");
}

TEST(FormatPercent, SaysAllOnlyOfAll) {
  EXPECT_EQ(FormatPercent(0), "0 %");
  EXPECT_EQ(FormatPercent(0.0004), "<0.1 %");
  EXPECT_EQ(FormatPercent(0.0123), "1.2 %");
  EXPECT_EQ(FormatPercent(0.5), "50 %");
  EXPECT_EQ(FormatPercent(0.9951), "99.5 %");
  EXPECT_EQ(FormatPercent(0.99999), ">99.9 %");
  EXPECT_EQ(FormatPercent(1), "100 %");
}

TEST(FormatDuration, ChoosesTheUnit) {
  EXPECT_EQ(FormatDuration(0), "0 s");
  EXPECT_EQ(FormatDuration(0.01), "<0.1 s");
  EXPECT_EQ(FormatDuration(0.34), "0.3 s");
  EXPECT_EQ(FormatDuration(41.4), "41 s");
  EXPECT_EQ(FormatDuration(119), "119 s");
  EXPECT_EQ(FormatDuration(720), "12 min");
  EXPECT_EQ(FormatDuration(12000), "3 h 20 min");
  EXPECT_EQ(FormatDuration(5 * 86400 + 7300), "5 d 2 h");
}

TEST(FormatRate, ChoosesThePeriod) {
  EXPECT_EQ(FormatByteRate(1.8e6), "1.8 MB/s");
  EXPECT_EQ(FormatByteRate(0.5), "30 B/min");
  EXPECT_EQ(FormatCountRate(22197, "objects"), "22,197 objects/s");
  EXPECT_EQ(FormatCountRate(0.03, "objects"), "1.8 objects/min");
  EXPECT_EQ(FormatCountRate(2.0 / 86400, "objects"), "2.0 objects/d");
}

TEST(FormatInterval, NamesPowersOfTwo) {
  EXPECT_EQ(FormatInterval(512 << 10), "512 KiB");
  EXPECT_EQ(FormatInterval(2 << 20), "2 MiB");
  EXPECT_EQ(FormatInterval(1), "1 B");
  EXPECT_EQ(FormatInterval(1500), "1500 B");
}

}  // namespace
}  // namespace seep
