#include "profiler/notices.h"

#include <gtest/gtest.h>

#include <string>

#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/private_mirror.h"

namespace seep::profiler {
namespace {

const recording::Notice& NoticeAt(uint32_t index) {
  return *MirrorRecord<recording::Notice>(recording::kNotices, index);
}
const recording::Interval& IntervalAt(uint32_t index) {
  return *MirrorRecord<recording::Interval>(recording::kIntervals, index);
}

TEST(NoticesTest, LinesFromBeforeAndAfterTheFileAreInIt) {
  InChild([] {
    AddNotice(recording::kNoticeOption, "colour=red");
    PrivateMirror mirror;
    mirror.Attach();
    MirrorAllNotices();
    AddNotice(recording::kNoticeMark, "deploy 1234");
    EXPECT_STREQ(NoticeAt(0).text, "colour=red");
    EXPECT_EQ(NoticeAt(0).kind, recording::kNoticeOption);
    EXPECT_STREQ(NoticeAt(1).text, "deploy 1234");
    EXPECT_GE(NoticeAt(1).time_ns, NoticeAt(0).time_ns);
    EXPECT_EQ(NoticeAt(1).ready, 1u);
    EXPECT_EQ(NoticeAt(2).ready, 0u);
    EXPECT_EQ(MirrorHeader()->sections[recording::kNotices].used, 2u);
  });
}

TEST(NoticesTest, LongLinesAreCut) {
  InChild([] {
    PrivateMirror mirror;
    mirror.Attach();
    AddNotice(recording::kNoticeMark, std::string(1000, 'x').c_str());
    EXPECT_EQ(NoticeAt(0).text, std::string(111, 'x'));
  });
}

TEST(NoticesTest, FullIsCountedAndNothingIsOverwritten) {
  InChild([] {
    PrivateMirror mirror;
    mirror.Attach();
    for (int i = 0; i < 1000; ++i) AddNotice(recording::kNoticeMark, std::to_string(i).c_str());
    EXPECT_EQ(CounterValue(recording::kNoticesFull), 1000u - kNoticeCapacity);
    EXPECT_STREQ(NoticeAt(0).text, "0");
    EXPECT_EQ(NoticeAt(kNoticeCapacity - 1).text, std::to_string(kNoticeCapacity - 1));
    EXPECT_EQ(MirrorHeader()->sections[recording::kNotices].used, kNoticeCapacity);
  });
}

TEST(NoticesTest, IntervalsAreLoggedToo) {
  InChild([] {
    AddInterval(4096, recording::kIntervalStart);
    PrivateMirror mirror;
    mirror.Attach();
    MirrorAllNotices();
    AddInterval(0, recording::kIntervalApi);
    EXPECT_EQ(IntervalAt(0).interval, 4096u);
    EXPECT_EQ(IntervalAt(0).cause, recording::kIntervalStart);
    EXPECT_EQ(IntervalAt(1).interval, 0u);
    EXPECT_EQ(IntervalAt(1).ready, 1u);
    for (uint32_t i = 2; i < kIntervalCapacity + 10; ++i) AddInterval(i, recording::kIntervalApi);
    EXPECT_EQ(CounterValue(recording::kIntervalsFull), 10u);
    EXPECT_EQ(IntervalAt(kIntervalCapacity - 1).interval, kIntervalCapacity - 1);
  });
}

}  // namespace
}  // namespace seep::profiler
