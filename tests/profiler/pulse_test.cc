// The ruler of pulses: the last ones finely, the old ones coarsely, nothing ever moved.
#include "profiler/pulse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

#include "profiler/clock.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/private_mirror.h"
#include "tests/profiler/samples.h"

namespace seep::profiler {
namespace {

using recording::Pulse;

class PulseTest : public ::testing::Test {
 protected:
  // What is written in a section, by number. Every record must be whole.
  static std::map<uint64_t, Pulse> Written(recording::SectionId section) {
    std::map<uint64_t, Pulse> pulses;
    for (uint32_t i = 0; i < kLayout.sections[section].capacity; ++i) {
      const Pulse& pulse = *MirrorRecord<Pulse>(section, i);
      EXPECT_EQ(pulse.sequence % 2, 0u) << "torn";
      if (pulse.number != 0) pulses.emplace(pulse.number, pulse);
    }
    return pulses;
  }

  PrivateMirror mirror_;
};

TEST_F(PulseTest, NothingIsWrittenBeforeTheFile) {
  InChild([&] {
    PulseNow(recording::kPulseMark);
    mirror_.Attach();
    EXPECT_TRUE(Written(recording::kPulses).empty());
    PulseNow(recording::kPulseMark);
    EXPECT_EQ(Written(recording::kPulses).begin()->first, 1u);
  });
}

TEST_F(PulseTest, AtMostOneASecond) {
  InChild([&] {
    mirror_.Attach();
    for (uint64_t now = 100 * kSecond; now < 110 * kSecond; now += kSecond / 8) PulseIfDue(now);
    EXPECT_EQ(Written(recording::kPulses).size(), 10u);
    EXPECT_TRUE(Written(recording::kEvents).empty()) << "time is no event";
  });
}

TEST_F(PulseTest, SaysWhatIsLive) {
  InChild([&] {
    mirror_.Attach();
    InitLiveTable(1, 0);
    for (uintptr_t i = 1; i <= 3; ++i) Insert(i << 12, 1000, 0.5);
    uint64_t before = NowNs();
    PulseNow(recording::kPulseMark);
    Pulse pulse = Written(recording::kPulses).at(1);
    EXPECT_EQ(pulse.cause, recording::kPulseMark);
    EXPECT_GE(pulse.time_ns, before);
    EXPECT_LE(pulse.time_ns, NowNs());
    EXPECT_EQ(pulse.live_samples, 3u);
    EXPECT_NEAR(pulse.live_objects, 3 * WeightOf(0.5), 1e-9);
    EXPECT_NEAR(pulse.live_bytes, 3000 * WeightOf(0.5), 1e-6);
    EXPECT_EQ(pulse.rss, recording::kUnknown);
    EXPECT_EQ(MirrorHeader()->latest.monotonic_ns, pulse.time_ns);
  });
}

// Of each level j, what remains are the last 16 odd multiples of 2^j.
TEST_F(PulseTest, RingsWrapAndTimeGoesOn) {
  InChild([&] {
    mirror_.Attach();
    constexpr uint64_t kPulseCount = 5000;
    for (uint64_t i = 1; i <= kPulseCount; ++i) PulseIfDue(i * kSecond);
    std::map<uint64_t, Pulse> pulses = Written(recording::kPulses);

    std::vector<uint64_t> expected;
    for (uint32_t level = 0; level < recording::kPulseLevels; ++level) {
      std::vector<uint64_t> on_level;
      for (uint64_t k = 1; k <= kPulseCount; ++k) {
        if (std::countr_zero(k) == static_cast<int>(level)) on_level.push_back(k);
      }
      size_t dropped = on_level.size() > 16 ? on_level.size() - 16 : 0;
      expected.insert(expected.end(), on_level.begin() + static_cast<ptrdiff_t>(dropped),
                      on_level.end());
    }
    std::ranges::sort(expected);
    std::vector<uint64_t> numbers;
    uint64_t latest = 0;
    for (const auto& [number, pulse] : pulses) {
      numbers.push_back(number);
      EXPECT_GE(pulse.time_ns, latest) << "at number " << number;
      latest = pulse.time_ns;
    }
    EXPECT_EQ(numbers, expected);
    EXPECT_TRUE(pulses.contains(kPulseCount - 30)) << "the last seconds are whole";
  });
}

TEST_F(PulseTest, LaterSecondsDoNotDisplaceEvents) {
  InChild([&] {
    mirror_.Attach();
    PulseNow(recording::kPulseRssStep);
    for (uint64_t i = 1; i <= 1000; ++i) PulseIfDue(i * kSecond);
    EXPECT_EQ(Written(recording::kEvents).at(1).cause, recording::kPulseRssStep);
    for (uint32_t i = 0; i < kEventCapacity + 9; ++i) PulseNow(recording::kPulseMark);
    std::map<uint64_t, Pulse> events = Written(recording::kEvents);
    EXPECT_EQ(events.size(), kEventCapacity);
    EXPECT_EQ(events.begin()->first, 11u) << "the oldest ten are gone";
    EXPECT_EQ(events.rbegin()->first, 10u + kEventCapacity);
  });
}

TEST_F(PulseTest, BeginsAnewInAChild) {
  InChild([&] {
    mirror_.Attach();
    for (uint64_t i = 1; i <= 10; ++i) PulseIfDue(i * kSecond);
    InChild([&] {
      ResetPulses();
      mirror_.Attach();
      PulseIfDue(5 * kSecond);
      EXPECT_EQ(Written(recording::kPulses).size(), 1u);
      EXPECT_TRUE(Written(recording::kPulses).contains(1));
    });
  });
}

}  // namespace
}  // namespace seep::profiler
