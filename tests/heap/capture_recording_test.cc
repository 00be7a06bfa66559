// What a recording says, and what the snapshot makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "heap/capture.h"
#include "tests/heap/recording_fixture.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

using namespace recording;
using ::testing::ElementsAre;
using testing::kStarted;
using ::testing::UnorderedElementsAre;

class CaptureRecordingTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Capture(testing::RecordingFixture& fixture) {
    std::string path = directory_ / "recording";
    testing::WriteBytes(path, fixture.bytes());
    auto captured = CaptureRecording(path);
    EXPECT_TRUE(captured.ok()) << captured.status();
    return captured.ok() ? *captured : std::make_shared<const Snapshot>();
  }
  std::shared_ptr<const Snapshot> Capture() { return Capture(fixture_); }

  static uint64_t DroppedCount(const Snapshot& snapshot, const std::string& what,
                               const std::string& why) {
    uint64_t count = 0;
    for (const Dropped& row : snapshot.dropped) {
      if (row.what == what && row.why.find(why) != std::string::npos) count += row.count;
    }
    return count;
  }

  testing::TemporaryDirectory directory_;
  testing::RecordingFixture fixture_;
};

TEST_F(CaptureRecordingTest, EmptyRecordingIsAnEmptySnapshot) {
  auto snapshot = Capture();
  EXPECT_TRUE(snapshot->blocks.empty());
  EXPECT_TRUE(snapshot->dropped.empty());
  EXPECT_EQ(snapshot->process.executable, "/usr/bin/proxy");
  EXPECT_EQ(snapshot->process.host, "testhost");
  EXPECT_EQ(snapshot->process.pid, 4711);
  EXPECT_EQ(snapshot->process.start_real_ns, 1'700'000'000'000'000'000);
  EXPECT_FALSE(snapshot->process.alive) << "another boot";
}

TEST_F(CaptureRecordingTest, BlocksAreWhole) {
  uint32_t module = fixture_.AddModule("/usr/bin/proxy", 0x400000, 0x400000, 0x500000);
  uint32_t stack = fixture_.AddStack({MakePosition(module, 0x1234), MakePosition(0, 0x7777)});
  uint32_t klass =
      fixture_.AddClass("3Foo", MakePosition(module, 0x9010), MakePosition(module, 0x9100));
  uint32_t outer = fixture_.AddLabel("cluster", "wrong", 0);
  uint32_t inner = fixture_.AddLabel("verb", "get", outer);
  LiveSlot& slot = fixture_.AddSlot(0xabc0, 100, 0.25);
  slot.stack = stack;
  slot.klass = klass;
  slot.class_word = 2;
  slot.label = inner;
  slot.thread = 3;
  slot.stamps = 1;

  auto snapshot = Capture();
  ASSERT_EQ(snapshot->blocks.size(), 1u);
  const Block& block = snapshot->blocks[0];
  EXPECT_EQ(block.address, Address(0xabc0));
  EXPECT_EQ(block.size, 100);
  EXPECT_DOUBLE_EQ(block.probability, 1 - std::exp(-0.25));
  EXPECT_EQ(block.birth, 1'000'000'000);
  EXPECT_EQ(block.thread, 3);
  EXPECT_EQ(block.class_offset, 16);
  EXPECT_EQ(snapshot->classes[block.klass.index()].mangled, "3Foo");
  EXPECT_EQ(snapshot->classes[block.klass.index()].evidence, ClassEvidence::kRtti);
  EXPECT_THAT(snapshot->stacks.Frames(block.stack),
              ElementsAre(CodeLocation{ModuleId(0), 0x1234}, CodeLocation{ModuleId(), 0x7777}));
  EXPECT_EQ(snapshot->stacks.end(block.stack), StackEnd::kComplete);
  const Label& label = snapshot->labels[block.label.index()];
  EXPECT_EQ(label.key + "=" + label.value, "verb=get");
  EXPECT_EQ(snapshot->labels[label.parent.index()].value, "wrong");
  EXPECT_EQ(snapshot->modules[0].path, "/usr/bin/proxy");
  EXPECT_EQ(snapshot->modules[0].load_bias, 0x400000);
  EXPECT_EQ(snapshot->modules[0].build_id.size(), 20u);
  EXPECT_TRUE(snapshot->dropped.empty());
}

TEST_F(CaptureRecordingTest, LongerRecordsOfLaterProfilersAreRead) {
  testing::RecordingFixture later({.slots = 8, .extra_record_bytes = 24});
  uint32_t module = later.AddModule("/bin/x", 0, 0x1000, 0x2000);
  uint32_t stack = later.AddStack({MakePosition(module, 1), MakePosition(module, 2)});
  later.AddSlot(0x10, 8, 1).stack = stack;
  later.AddSlot(0x20, 16, 1).stack = stack;
  auto snapshot = Capture(later);
  ASSERT_EQ(snapshot->blocks.size(), 2u);
  EXPECT_EQ(snapshot->blocks[1].size, 16);
  EXPECT_EQ(snapshot->stacks.Frames(snapshot->blocks[1].stack).size(), 2u);
}

TEST_F(CaptureRecordingTest, ImpossibleProbabilitiesAreDropped) {
  double bad[] = {0, -1, std::nan(""), std::numeric_limits<double>::infinity(), 1e-300};
  for (double exposure : bad) fixture_.AddSlot(0x10, 8, exposure);
  fixture_.AddSlot(0x20, 8, 1e-15);
  fixture_.AddSlot(0x30, 8, 1e6);
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->blocks.size(), 2u);
  EXPECT_DOUBLE_EQ(snapshot->blocks[0].probability, 1e-15) << "not rounded to 0";
  EXPECT_EQ(snapshot->blocks[1].probability, 1);
  EXPECT_EQ(DroppedCount(*snapshot, "blocks", "probability"), std::size(bad));
}

TEST_F(CaptureRecordingTest, TornSlotsAreCounted) {
  fixture_.AddSlot(0x10, 8, 1).sequence = 3;
  fixture_.AddSlot(0x20, 8, 1);
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->blocks.size(), 1u);
  EXPECT_EQ(snapshot->blocks[0].address, Address(0x20));
  EXPECT_EQ(DroppedCount(*snapshot, "blocks", "being written when the process ended"), 1u);
}

TEST_F(CaptureRecordingTest, UnfinishedRowsAreCountedAndNotUsed) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  uint32_t stack = fixture_.AddStack({MakePosition(module, 1)});
  fixture_.At<StackRecord>(kStacks, stack).ready = 0;
  fixture_.AddSlot(0x10, 8, 1).stack = stack;
  auto snapshot = Capture();
  EXPECT_EQ(DroppedCount(*snapshot, "stacks", "being written"), 1u);
  EXPECT_EQ(DroppedCount(*snapshot, "stacks of blocks", "damaged"), 1u);
  EXPECT_EQ(snapshot->stacks.end(snapshot->blocks[0].stack), StackEnd::kUnknown);
}

TEST_F(CaptureRecordingTest, StacksSayWhyTheyEnd) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  std::pair<uint16_t, StackEnd> cases[] = {
      {0, StackEnd::kComplete},
      {kStackTruncated, StackEnd::kTruncated},
      {kStackForeign, StackEnd::kForeign},
      {kStackShortened, StackEnd::kShortened},
      {kStackSignalFrame, StackEnd::kComplete},
      {kStackForeign | kStackTruncated, StackEnd::kTruncated},
  };
  uint64_t address = 0x10;
  for (auto [flags, end] : cases) {
    fixture_.AddSlot(address += 16, 8, 1).stack =
        fixture_.AddStack({MakePosition(module, address)}, flags);
  }
  fixture_.AddSlot(address += 16, 8, 1).stack = 0;
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->blocks.size(), std::size(cases) + 1);
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(snapshot->stacks.end(snapshot->blocks[i].stack), cases[i].second) << i;
  }
  EXPECT_EQ(snapshot->stacks.end(snapshot->blocks.back().stack), StackEnd::kUnknown);
}

TEST_F(CaptureRecordingTest, SecondaryVtablesLeadToOneClass) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  Position typeinfo = MakePosition(module, 0x900);
  uint32_t primary = fixture_.AddClass("4Both", MakePosition(module, 0x110), typeinfo);
  uint32_t secondary = fixture_.AddClass("4Both", MakePosition(module, 0x130), typeinfo);
  fixture_.At<ClassRecord>(kClasses, secondary).offset_to_top = -16;
  fixture_.AddSlot(0x10, 64, 1).klass = primary;
  LiveSlot& inner = fixture_.AddSlot(0x20, 64, 1);
  inner.klass = secondary;
  inner.class_word = 3;
  LiveSlot& impossible = fixture_.AddSlot(0x30, 64, 1);
  impossible.klass = secondary;
  impossible.class_word = 1;
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->classes.size(), 1u);
  EXPECT_EQ(snapshot->classes[0].vtable.offset, 0x110u);
  EXPECT_EQ(snapshot->blocks[0].klass, snapshot->blocks[1].klass);
  EXPECT_EQ(snapshot->blocks[1].class_offset, 8);
  EXPECT_TRUE(snapshot->blocks[2].klass.is_none());
  EXPECT_EQ(DroppedCount(*snapshot, "classes of blocks", "damaged"), 1u);
}

TEST_F(CaptureRecordingTest, BasesOfClasses) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  uint32_t base = fixture_.AddClass("4Base", 0, MakePosition(module, 0x900));
  uint32_t derived =
      fixture_.AddClass("7Derived", MakePosition(module, 0x110), MakePosition(module, 0x950));
  auto& record = fixture_.At<ClassRecord>(kClasses, derived);
  record.base_count = 9;
  record.bases[0] = base;
  record.base_offsets[0] = 8;
  record.bases[1] = base;
  record.base_offsets[1] = std::numeric_limits<int32_t>::min();
  record.bases[2] = derived;  // its own base
  record.bases[3] = 0;        // none
  record.bases[4] = 15;       // not there
  record.bases[5] = UINT32_MAX;
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->classes.size(), 2u);
  EXPECT_THAT(snapshot->classes[1].bases,
              ElementsAre(BaseClass{ClassId(0), 8, false}, BaseClass{ClassId(0), 0, true}));
  EXPECT_EQ(snapshot->classes[0].vtable, CodeLocation());
  EXPECT_EQ(DroppedCount(*snapshot, "base classes", "room for 6"), 3u);
  EXPECT_EQ(DroppedCount(*snapshot, "base classes", "not in the recording"), 3u);
  EXPECT_EQ(DroppedCount(*snapshot, "base classes", "its own base"), 1u);
}

TEST_F(CaptureRecordingTest, LabelsNeverChainForever) {
  uint32_t a = fixture_.AddLabel("a", "1", 0);
  uint32_t b = fixture_.AddLabel("b", "2", a);
  fixture_.At<LabelRecord>(kLabels, a).parent = b;
  fixture_.AddSlot(0x10, 8, 1).label = b;
  auto snapshot = Capture();
  EXPECT_TRUE(snapshot->labels[0].parent.is_none());
  EXPECT_EQ(DroppedCount(*snapshot, "outer labels", "damaged"), 1u);
}

TEST_F(CaptureRecordingTest, SameAddressTwiceIsKeptAndCounted) {
  fixture_.AddSlot(0x10, 8, 1);
  fixture_.AddSlot(0x10, 24, 1);
  auto snapshot = Capture();
  EXPECT_EQ(snapshot->blocks.size(), 2u);
  EXPECT_EQ(DroppedCount(*snapshot, "blocks at an address seen before", "kept"), 1u);
}

TEST_F(CaptureRecordingTest, UnstampedBlocksAreCounted) {
  fixture_.AddSlot(0x10, 8, 1);
  fixture_.AddSlot(0x20, 8, 1).stamps = 1;
  auto snapshot = Capture();
  EXPECT_EQ(DroppedCount(*snapshot, "classes of blocks", "not looked at yet"), 1u);
}

TEST_F(CaptureRecordingTest, InheritedBlocksAreOlderThanTheProcess) {
  LiveSlot& slot = fixture_.AddSlot(0x10, 8, 1);
  slot.birth_ns = kStarted - 2'000'000'000;
  slot.flags = kSlotInherited;
  fixture_.AddSlot(0x20, 8, 1);
  auto snapshot = Capture();
  EXPECT_EQ(snapshot->blocks[0].birth, -2'000'000'000);
  EXPECT_EQ(snapshot->process.captured_at, 1'000'000'000) << "the latest birth";
}

TEST_F(CaptureRecordingTest, TurnoverAndDeaths) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  uint32_t klass =
      fixture_.AddClass("3Foo", MakePosition(module, 0x10), MakePosition(module, 0x90));
  uint32_t stack = fixture_.AddStack({MakePosition(module, 1)});
  auto& record = fixture_.At<StackRecord>(kStacks, stack);
  record.births = {.count = 3,
                   .objects = 30,
                   .objects_variance = 270,
                   .bytes = 300,
                   .bytes_variance = 27000,
                   .sized_bytes = 3000};
  record.deaths = {.count = 1,
                   .objects = 10,
                   .objects_variance = 90,
                   .bytes = 100,
                   .bytes_variance = 9000,
                   .sized_bytes = 1000};
  record.unplaced_deaths = record.deaths;
  record.last_unplaced_ns = kStarted + 9;
  record.first_birth_ns = kStarted + 5;
  record.largest_size = 4096;
  record.largest_ns = kStarted + 7;
  record.maxima_run = 2;
  DeathRecord& by_age = fixture_.AddDeaths(stack, klass);
  by_age.age = 3;
  by_age.totals = record.deaths;
  by_age.age_seconds = 50;
  DeathRecord& by_cohort = fixture_.AddDeaths(stack, 0);
  by_cohort.birth_cohort = 2;
  by_cohort.death_cohort = 12;
  by_cohort.age = 7;
  by_cohort.totals = record.deaths;

  auto snapshot = Capture();
  ASSERT_EQ(snapshot->turnover.size(), 1u);
  const Turnover& turnover = snapshot->turnover[0];
  EXPECT_EQ(turnover.born_objects, (Estimate{30, 270, 300, 3}));
  EXPECT_EQ(turnover.born_bytes, (Estimate{300, 27000, 30000, 3}));
  EXPECT_EQ(turnover.died_objects, (Estimate{10, 90, 100, 1}));
  EXPECT_EQ(turnover.unplaced_bytes, (Estimate{100, 9000, 10000, 1}));
  EXPECT_EQ(turnover.last_unplaced, 9);
  EXPECT_EQ(turnover.first_birth, 5);
  EXPECT_EQ(turnover.largest_size, 4096u);
  EXPECT_EQ(turnover.largest_at, 7);
  EXPECT_EQ(turnover.maxima_run, 2u);
  StackId id = turnover.stack;
  Deaths first{.stack = id,
               .klass = ClassId(0),
               .age = 3,
               .objects = {10, 90, 100, 1},
               .bytes = {100, 9000, 10000, 1},
               .age_seconds = 50};
  Deaths second{.stack = id,
                .klass = ClassId(),
                .birth_cohort = 2,
                .death_cohort = 12,
                .age = 7,
                .objects = {10, 90, 100, 1},
                .bytes = {100, 9000, 10000, 1}};
  EXPECT_THAT(snapshot->deaths, UnorderedElementsAre(first, second));
}

TEST_F(CaptureRecordingTest, DamagedSumsAreDropped) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  uint32_t stack = fixture_.AddStack({MakePosition(module, 1)});
  fixture_.At<StackRecord>(kStacks, stack).births = {1, std::nan(""), 0, 0, 0, 0};
  fixture_.AddDeaths(stack, 0).totals.bytes = -1;
  fixture_.AddDeaths(stack, 0).age = 255;
  fixture_.AddDeaths(stack, 0).birth_cohort = 3;
  fixture_.AddDeaths(stack, 12);
  fixture_.AddDeaths(30, 0);
  auto snapshot = Capture();
  EXPECT_TRUE(snapshot->turnover.empty());
  EXPECT_TRUE(snapshot->deaths.empty());
  EXPECT_EQ(DroppedCount(*snapshot, "turnovers of stacks", "damaged"), 1u);
  EXPECT_EQ(DroppedCount(*snapshot, "rows of deaths", "damaged"), 5u);
}

TEST_F(CaptureRecordingTest, HistoryIsByTime) {
  uint32_t module = fixture_.AddModule("/bin/x", 0, 0x1000, 0x2000);
  uint32_t stack = fixture_.AddStack({MakePosition(module, 1)});
  Pulse& late = fixture_.AddPulse(2, kStarted + 200);
  late.live_bytes = 77;
  late.live_objects = -1e-9;
  late.stack_count = 1;
  late.top[0] = {stack, 0, 2, 77};
  fixture_.At<Pulse>(kEvents, 0) = late;  // the same moment, kept as an event too
  fixture_.AddPulse(1, kStarted + 100).rss = 11;
  fixture_.AddPulse(3, kStarted + 400).live_bytes = std::nan("");
  fixture_.AddResidency(1, kStarted + 150).rss = 22;
  Residency& last = fixture_.AddResidency(2, kStarted + 300);
  last.rss = 33;
  last.swap = 44;
  last.limit = 55;

  auto snapshot = Capture();
  ASSERT_EQ(snapshot->history.size(), 4u);
  EXPECT_EQ(snapshot->history[0].rss, 11u);
  EXPECT_EQ(snapshot->history[1].rss, 22u);
  EXPECT_EQ(snapshot->history[1].live_bytes, std::nullopt);
  EXPECT_EQ(snapshot->history[2].time, 200);
  EXPECT_EQ(snapshot->history[2].live_bytes, 77);
  EXPECT_EQ(snapshot->history[2].live_objects, 0);
  EXPECT_EQ(snapshot->history[2].rss, std::nullopt);
  ASSERT_EQ(snapshot->history[2].top.size(), 1u);
  EXPECT_EQ(snapshot->history[2].top[0].bytes, 77);
  EXPECT_EQ(DroppedCount(*snapshot, "past moments", "damaged"), 1u);
  EXPECT_EQ(snapshot->process.captured_at, 300);
  EXPECT_EQ(snapshot->process.rss, 33u);
  EXPECT_EQ(snapshot->process.swap, 44u);
  EXPECT_EQ(snapshot->process.limit, 55u);
}

TEST_F(CaptureRecordingTest, NoticesAndChangesOfTheRate) {
  auto& mark = fixture_.At<recording::Notice>(kNotices, 0);
  mark = {.time_ns = kStarted + 5, .kind = kNoticeMark, .ready = 1, .text = {}};
  std::memset(mark.text, 'x', sizeof(mark.text));  // without a null byte
  auto& option = fixture_.At<recording::Notice>(kNotices, 1);
  option = {.time_ns = kStarted + 1, .kind = kNoticeOption, .ready = 1, .text = "what=ever"};
  fixture_.At<Interval>(kIntervals, 0) = {kStarted, 1024, kIntervalStart, 1};
  fixture_.At<Interval>(kIntervals, 1) = {kStarted + 9, 2048, kIntervalThinning, 1};
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->notices.size(), 3u);
  EXPECT_EQ(snapshot->notices[0].text, "what=ever");
  EXPECT_EQ(snapshot->notices[1].text, "mark: " + std::string(112, 'x'));
  EXPECT_EQ(snapshot->notices[2].text,
            "sampling interval set to 2048 bytes (three quarters of the slots were in use)");
}

TEST_F(CaptureRecordingTest, LossesAreNamed) {
  fixture_.header().counters[kDroppedNoSlot] = 7;
  fixture_.header().counters[kSamples] = 1000;
  fixture_.header().counters[kThinned] = 500;
  fixture_.header().counters[kMissedFrees] = 2;
  fixture_.header().counters[kBytesAllocated] = 123456;
  fixture_.header().status = Status::kNoSpace;
  auto snapshot = Capture();
  EXPECT_EQ(snapshot->dropped.size(), 3u) << "what went as planned is no loss";
  EXPECT_EQ(DroppedCount(*snapshot, "samples", "every slot"), 7u);
  EXPECT_EQ(DroppedCount(*snapshot, "frees", "missed"), 2u);
  EXPECT_EQ(DroppedCount(*snapshot, "recording", "no room"), 1u);
  EXPECT_EQ(snapshot->process.bytes_allocated, 123456);
}

TEST_F(CaptureRecordingTest, AccountingAddsUp) {
  fixture_.AddSlot(0x10, 1000, 50);
  fixture_.AddResidency(1, kStarted + 1).rss = 600;
  auto snapshot = Capture();
  ASSERT_EQ(snapshot->accounting.size(), 3u);
  double resident = 0;
  for (const AccountingRow& row : snapshot->accounting) resident += row.resident.value_or(0);
  EXPECT_EQ(resident, 600) << "a block need not be resident: never more than the RSS";
  EXPECT_EQ(snapshot->accounting[0].reserved, 1000);
}

TEST_F(CaptureRecordingTest, StringsOutsideOfThePoolAreLost) {
  uint32_t label = fixture_.AddLabel("k", "v", 0);
  fixture_.At<LabelRecord>(kLabels, label).value = {4000, 1000};
  auto snapshot = Capture();
  EXPECT_EQ(snapshot->labels[0].value, "");
  EXPECT_EQ(DroppedCount(*snapshot, "names", "outside"), 1u);
}

}  // namespace
}  // namespace seep
