// The layout of recordings in numbers. Files outlive programs: a later version may append a field,
// a section or a counter, and adds its line here; a line that has to change breaks every file there
// is.
#include "snapshot/recording_format.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>

namespace seep::recording {
namespace {

#define SIZE(Record, bytes)                            \
  EXPECT_EQ(sizeof(Record), size_t{bytes}) << #Record; \
  EXPECT_TRUE(std::is_standard_layout_v<Record>);      \
  EXPECT_TRUE(std::is_trivially_copyable_v<Record>)
#define FIELD(Record, field, offset) \
  EXPECT_EQ(offsetof(Record, field), size_t{offset}) << #Record "." #field
#define VALUE(name, number) EXPECT_EQ(static_cast<uint32_t>(name), uint32_t{number}) << #name

TEST(RecordingFormatTest, LiveSamplesAndStacks) {
  SIZE(LiveSlot, 64);
  FIELD(LiveSlot, sequence, 0);
  FIELD(LiveSlot, stack, 4);
  FIELD(LiveSlot, address, 8);
  FIELD(LiveSlot, size, 16);
  FIELD(LiveSlot, exposure, 24);
  FIELD(LiveSlot, birth_ns, 32);
  FIELD(LiveSlot, klass, 40);
  FIELD(LiveSlot, label, 44);
  FIELD(LiveSlot, thread, 48);
  FIELD(LiveSlot, class_word, 52);
  FIELD(LiveSlot, stamps, 53);
  FIELD(LiveSlot, thinnings, 54);
  FIELD(LiveSlot, flags, 55);
  FIELD(LiveSlot, serial, 56);

  SIZE(Totals, 48);
  FIELD(Totals, count, 0);
  FIELD(Totals, objects, 8);
  FIELD(Totals, objects_variance, 16);
  FIELD(Totals, bytes, 24);
  FIELD(Totals, bytes_variance, 32);
  FIELD(Totals, sized_bytes, 40);

  SIZE(StackRecord, 208);
  FIELD(StackRecord, hash, 0);
  FIELD(StackRecord, first_frame, 8);
  FIELD(StackRecord, frame_count, 12);
  FIELD(StackRecord, flags, 14);
  FIELD(StackRecord, ready, 16);
  FIELD(StackRecord, reserved, 20);
  FIELD(StackRecord, births, 24);
  FIELD(StackRecord, deaths, 72);
  FIELD(StackRecord, unplaced_deaths, 120);
  FIELD(StackRecord, last_unplaced_ns, 168);
  FIELD(StackRecord, first_birth_ns, 176);
  FIELD(StackRecord, largest_size, 184);
  FIELD(StackRecord, largest_ns, 192);
  FIELD(StackRecord, maxima_run, 200);
  FIELD(StackRecord, reserved2, 204);
}

TEST(RecordingFormatTest, Names) {
  SIZE(StringRef, 8);
  FIELD(StringRef, offset, 0);
  FIELD(StringRef, length, 4);

  SIZE(ModuleRecord, 88);
  FIELD(ModuleRecord, load_bias, 0);
  FIELD(ModuleRecord, start, 8);
  FIELD(ModuleRecord, end, 16);
  FIELD(ModuleRecord, seen_ns, 24);
  FIELD(ModuleRecord, path, 32);
  FIELD(ModuleRecord, build_id, 40);
  FIELD(ModuleRecord, build_id_length, 72);
  FIELD(ModuleRecord, initial, 73);
  FIELD(ModuleRecord, replaced, 74);
  FIELD(ModuleRecord, reserved, 75);
  FIELD(ModuleRecord, ready, 80);
  FIELD(ModuleRecord, reserved2, 84);

  SIZE(ClassRecord, 88);
  FIELD(ClassRecord, vtable, 0);
  FIELD(ClassRecord, typeinfo, 8);
  FIELD(ClassRecord, name, 16);
  FIELD(ClassRecord, bases, 24);
  FIELD(ClassRecord, base_offsets, 48);
  FIELD(ClassRecord, offset_to_top, 72);
  FIELD(ClassRecord, base_count, 80);
  FIELD(ClassRecord, flags, 82);
  FIELD(ClassRecord, ready, 84);

  SIZE(LabelRecord, 24);
  FIELD(LabelRecord, key, 0);
  FIELD(LabelRecord, value, 8);
  FIELD(LabelRecord, parent, 16);
  FIELD(LabelRecord, ready, 20);

  SIZE(Notice, 128);
  FIELD(Notice, time_ns, 0);
  FIELD(Notice, kind, 8);
  FIELD(Notice, ready, 12);
  FIELD(Notice, text, 16);
}

TEST(RecordingFormatTest, Past) {
  SIZE(DeathRecord, 72);
  FIELD(DeathRecord, stack, 0);
  FIELD(DeathRecord, klass, 4);
  FIELD(DeathRecord, birth_cohort, 8);
  FIELD(DeathRecord, death_cohort, 9);
  FIELD(DeathRecord, age, 10);
  FIELD(DeathRecord, reserved, 11);
  FIELD(DeathRecord, ready, 12);
  FIELD(DeathRecord, totals, 16);
  FIELD(DeathRecord, age_seconds, 64);

  SIZE(Pulse, 1144);
  FIELD(Pulse, sequence, 0);
  FIELD(Pulse, stack_count, 4);
  FIELD(Pulse, number, 8);
  FIELD(Pulse, time_ns, 16);
  FIELD(Pulse, real_ns, 24);
  FIELD(Pulse, rss, 32);
  FIELD(Pulse, usage, 40);
  FIELD(Pulse, limit, 48);
  FIELD(Pulse, interval, 56);
  FIELD(Pulse, bytes_allocated, 64);
  FIELD(Pulse, live_samples, 72);
  FIELD(Pulse, live_objects, 80);
  FIELD(Pulse, live_objects_variance, 88);
  FIELD(Pulse, live_bytes, 96);
  FIELD(Pulse, live_bytes_variance, 104);
  FIELD(Pulse, cause, 112);
  FIELD(Pulse, stacks_used, 116);
  FIELD(Pulse, top, 120);
  FIELD(Pulse, top[0].stack, 120);
  FIELD(Pulse, top[0].reserved, 124);
  FIELD(Pulse, top[0].objects, 128);
  FIELD(Pulse, top[0].bytes, 132);

  SIZE(Residency, 56);
  FIELD(Residency, sequence, 0);
  FIELD(Residency, reserved, 4);
  FIELD(Residency, number, 8);
  FIELD(Residency, time_ns, 16);
  FIELD(Residency, rss, 24);
  FIELD(Residency, swap, 32);
  FIELD(Residency, usage, 40);
  FIELD(Residency, limit, 48);

  SIZE(Interval, 24);
  FIELD(Interval, time_ns, 0);
  FIELD(Interval, interval, 8);
  FIELD(Interval, cause, 16);
  FIELD(Interval, ready, 20);
}

TEST(RecordingFormatTest, Header) {
  SIZE(Section, 24);
  FIELD(Section, offset, 0);
  FIELD(Section, record_size, 8);
  FIELD(Section, capacity, 12);
  FIELD(Section, used, 16);

  SIZE(ClockPair, 16);
  FIELD(ClockPair, monotonic_ns, 0);
  FIELD(ClockPair, real_ns, 8);

  SIZE(Header, 1840);
  FIELD(Header, magic, 0);
  FIELD(Header, version, 8);
  FIELD(Header, header_size, 12);
  FIELD(Header, file_size, 16);
  FIELD(Header, arch, 24);
  FIELD(Header, page_size, 28);
  FIELD(Header, status, 32);
  FIELD(Header, section_count, 36);
  FIELD(Header, counter_count, 40);
  FIELD(Header, reserved, 44);
  FIELD(Header, sections, 48);
  FIELD(Header, counters, 528);
  FIELD(Header, boot_id, 1040);
  FIELD(Header, pid_namespace, 1080);
  FIELD(Header, pid, 1088);
  FIELD(Header, parent_pid, 1092);
  FIELD(Header, start_ticks, 1096);
  FIELD(Header, started, 1104);
  FIELD(Header, created, 1120);
  FIELD(Header, latest, 1136);
  FIELD(Header, random, 1152);
  FIELD(Header, parent_random, 1160);
  FIELD(Header, fork_generation, 1168);
  FIELD(Header, uid, 1172);
  FIELD(Header, host, 1176);
  FIELD(Header, executable, 1248);
  FIELD(Header, build_id, 1760);
  FIELD(Header, build_id_length, 1792);
  FIELD(Header, profiler_version, 1796);
  FIELD(Header, interval, 1800);
  FIELD(Header, initial_interval, 1808);
  FIELD(Header, threads, 1816);
  FIELD(Header, control, 1824);
  FIELD(Header, control.sequence, 1824);
  FIELD(Header, control.reserved, 1828);
  FIELD(Header, control.interval, 1832);
}

TEST(RecordingFormatTest, Anchor) {
  SIZE(Anchor, 552);
  FIELD(Anchor, magic, 0);
  FIELD(Anchor, size, 8);
  FIELD(Anchor, status, 12);
  FIELD(Anchor, mapping, 16);
  FIELD(Anchor, length, 24);
  FIELD(Anchor, random, 32);
  FIELD(Anchor, path, 40);
  EXPECT_EQ(kNoteAnchor, 1u);
}

TEST(RecordingFormatTest, SectionsAndFlags) {
  VALUE(kSlots, 0);
  VALUE(kStacks, 1);
  VALUE(kFrames, 2);
  VALUE(kModules, 3);
  VALUE(kClasses, 4);
  VALUE(kLabels, 5);
  VALUE(kDeaths, 6);
  VALUE(kPulses, 7);
  VALUE(kEvents, 8);
  VALUE(kResidency, 9);
  VALUE(kIntervals, 10);
  VALUE(kNotices, 11);
  VALUE(kStrings, 12);

  VALUE(kSlotInherited, 1);
  VALUE(kSlotReallocated, 2);

  VALUE(kStackTruncated, 1);
  VALUE(kStackForeign, 2);
  VALUE(kStackShortened, 4);
  VALUE(kStackSignalFrame, 8);

  VALUE(kPulseTime, 0);
  VALUE(kPulseMark, 1);
  VALUE(kPulseRssStep, 2);
  VALUE(kPulseNearLimit, 3);

  VALUE(kIntervalStart, 1);
  VALUE(kIntervalControl, 2);
  VALUE(kIntervalApi, 3);
  VALUE(kIntervalThinning, 4);

  VALUE(kNoticeMark, 1);
  VALUE(kNoticeOption, 2);
  VALUE(kNoticeTrouble, 3);
}

TEST(RecordingFormatTest, Counters) {
  VALUE(kSamples, 0);
  VALUE(kDeathsSeen, 1);
  VALUE(kReallocations, 2);
  VALUE(kMissedFrees, 3);
  VALUE(kThinnings, 4);
  VALUE(kThinned, 5);
  VALUE(kStamps, 6);
  VALUE(kDroppedNoSlot, 7);
  VALUE(kDroppedIndexFull, 8);
  VALUE(kDroppedReentrant, 9);
  VALUE(kDroppedAddress, 10);
  VALUE(kStackTableFull, 11);
  VALUE(kStacksShortened, 12);
  VALUE(kWalksTruncated, 13);
  VALUE(kWalksForeign, 14);
  VALUE(kLabelsOther, 15);
  VALUE(kClassTableFull, 16);
  VALUE(kStringsFull, 17);
  VALUE(kModuleTableFull, 18);
  VALUE(kDeathTableFull, 19);
  VALUE(kBytesAllocated, 20);
  VALUE(kOptionErrors, 21);
  VALUE(kHandedFrees, 22);
  VALUE(kInheritedDeaths, 23);
  VALUE(kIntervalsFull, 24);
  VALUE(kNoticesFull, 25);
  EXPECT_LE(size_t{kCounterCount}, std::extent_v<decltype(Header::counters)>);
}

TEST(RecordingFormatTest, StatusAndMachine) {
  VALUE(Status::kNotStarted, 0);
  VALUE(Status::kRecording, 1);
  VALUE(Status::kStopped, 2);
  VALUE(Status::kExited, 3);
  VALUE(Status::kOff, 16);
  VALUE(Status::kNoDirectory, 17);
  VALUE(Status::kNoFile, 18);
  VALUE(Status::kNoSpace, 19);
  VALUE(Status::kFileSizeLimit, 20);
  VALUE(Status::kNoMemory, 21);
  VALUE(Status::kNoAllocator, 22);

  VALUE(Arch::kUnknown, 0);
  VALUE(Arch::kX86_64, 1);
  VALUE(Arch::kAArch64, 2);
}

TEST(RecordingFormatTest, Rulers) {
  EXPECT_EQ(kPulseLevels * kPulsesPerLevel, 320u);
  EXPECT_EQ(kResidencyLevels * kResidenciesPerLevel, 640u);
  EXPECT_EQ(kTopStacks, 64u);
  EXPECT_EQ(kMaxBases, 6u);
  EXPECT_EQ(kLabelOther, 1u);
}

TEST(RecordingFormatTest, Positions) {
  constexpr Position kPosition = MakePosition(0x1234, 0xFFFF'8765'4321'0ABC);
  EXPECT_EQ(kPosition, 0x1234'8765'4321'0ABCu);
  EXPECT_EQ(PositionModule(kPosition), 0x1234u);
  EXPECT_EQ(PositionOffset(kPosition), 0x8765'4321'0ABCu);
}

// Every second of a year falls into the bucket that says so, and buckets only rise.
TEST(RecordingFormatTest, BucketsHoldTheirSeconds) {
  constexpr uint64_t kSecond = 1'000'000'000;
  uint8_t age = 0, cohort = 1;
  for (uint64_t s = 0; s < 366 * 86'400; s += 1 + s / 1000) {
    auto seconds = static_cast<double>(s);
    EXPECT_GE(AgeBucketOf(s * kSecond), age);
    age = AgeBucketOf(s * kSecond);
    EXPECT_LE(AgeBucketStart(age), seconds);
    EXPECT_GT(AgeBucketStart(static_cast<uint8_t>(age + 1)), seconds);
    cohort = CohortOf(static_cast<int64_t>(s * kSecond));
    EXPECT_LE(CohortStart(cohort), seconds);
    EXPECT_GT(CohortStart(static_cast<uint8_t>(cohort + 1)), seconds);
  }
  EXPECT_EQ(age, 85);
  EXPECT_EQ(cohort, 51);
  EXPECT_EQ(AgeBucketOf(~uint64_t{0}), 122);
  EXPECT_EQ(CohortOf(-1), 1);
}

TEST(RecordingFormatTest, RanksAreFixed) {
  EXPECT_DOUBLE_EQ(SampleRank(0, 0), 0);
  EXPECT_DOUBLE_EQ(SampleRank(0, 1), 0.8833108082136426);  // splitmix64's 0xE220A8397B1DCDAF
  EXPECT_DOUBLE_EQ(SampleRank(42, 7), 0.21840519371218436);
}

}  // namespace
}  // namespace seep::recording
