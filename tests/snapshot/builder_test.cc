#include "snapshot/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace seep {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class BuilderTest : public testing::Test {
 protected:
  BuilderTest() {
    module_ = builder_.AddModule({});
    klass_ = builder_.AddClass({});
    label_ = builder_.AddLabel({});
    stack_ = builder_.stacks().InternNode({StackId(), {module_, 1}, StackEnd::kComplete});
    block_ = {.address = Address(16),
              .size = 64,
              .probability = 0.5,
              .klass = klass_,
              .stack = stack_,
              .label = label_,
              .serial = 1};
  }

  std::shared_ptr<const Snapshot> Build() {
    auto snapshot = std::move(builder_).Build();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return *snapshot;
  }

  // Of one row that breaks an invariant.
  std::string BuildError() {
    auto snapshot = std::move(builder_).Build();
    EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kInternal);
    return std::string(snapshot.status().message());
  }
  std::string BlockError(const std::function<void(Block&)>& change) {
    builder_.AddBlock(block_);
    change(block_);
    builder_.AddBlock(block_);
    return BuildError();
  }

  SnapshotBuilder builder_;
  ModuleId module_;
  ClassId klass_;
  LabelId label_;
  StackId stack_;
  Block block_;
};

TEST_F(BuilderTest, BuildsWhatItWasGiven) {
  builder_.process().pid = 4711;
  builder_.AddBlock(block_);
  Block nothing_known;
  builder_.AddBlock(nothing_known);
  auto snapshot = Build();
  EXPECT_EQ(snapshot->process.pid, 4711u);
  EXPECT_EQ(snapshot->blocks, (std::vector<Block>{block_, nothing_known}));
  EXPECT_EQ(snapshot->modules.size(), 1u);
}

TEST_F(BuilderTest, RefusesImpossibleProbabilities) {
  for (double probability : {0.0, -0.5, 1.0000001, 0x1p-65, kInfinity, std::nan("")}) {
    SnapshotBuilder builder;
    block_.klass = ClassId();
    block_.stack = StackId();
    block_.label = LabelId();
    block_.probability = probability;
    builder.AddBlock(block_);
    absl::Status status = std::move(builder).Build().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << probability;
    EXPECT_THAT(std::string(status.message()), HasSubstr("blocks[0]: probability")) << probability;
  }
}

TEST_F(BuilderTest, RefusesBlocksOfUnknownClasses) {
  EXPECT_EQ(BlockError([](Block& b) { b.klass = ClassId(1); }), "blocks[1]: no such class");
}

TEST_F(BuilderTest, RefusesBlocksOfUnknownStacks) {
  EXPECT_EQ(BlockError([](Block& b) { b.stack = StackId(1); }), "blocks[1]: no such stack");
}

TEST_F(BuilderTest, RefusesBlocksOfUnknownLabels) {
  EXPECT_EQ(BlockError([](Block& b) { b.label = LabelId(1); }), "blocks[1]: no such label");
}

TEST_F(BuilderTest, RefusesStacksInUnknownModules) {
  builder_.stacks().InternNode({stack_, {ModuleId(1), 1}, StackEnd::kComplete});
  EXPECT_EQ(BuildError(), "stacks[1]: no such module");
}

TEST_F(BuilderTest, RefusesStacksBeforeTheirCallers) {
  builder_.stacks().InternNode({StackId(1), {module_, 1}, StackEnd::kComplete});
  EXPECT_THAT(BuildError(), HasSubstr("stacks[1]: its caller"));
}

TEST_F(BuilderTest, RefusesVtablesInUnknownModules) {
  builder_.AddClass({"3Job", {ModuleId(1), 1}, ClassEvidence::kRtti, {}});
  EXPECT_EQ(BuildError(), "classes[1]: no such module");
}

TEST_F(BuilderTest, RefusesUnknownBases) {
  builder_.AddBase(klass_, {ClassId(1), 0, false});
  EXPECT_EQ(BuildError(), "classes[0]: no such base class");
}

TEST_F(BuilderTest, RefusesBasesOfUnknownClasses) {
  builder_.AddBase(ClassId(7), {klass_, 0, false});
  EXPECT_THAT(BuildError(), HasSubstr("AddBase"));
}

TEST_F(BuilderTest, RefusesAClassThatIsItsOwnBase) {
  builder_.AddBase(klass_, {klass_, 0, false});
  EXPECT_THAT(BuildError(), HasSubstr("classes[0]: it is its own base"));
}

TEST_F(BuilderTest, RefusesAClassThatIsItsOwnBaseFarUp) {
  ClassId previous = klass_;
  for (int i = 0; i < 100'000; ++i) {
    ClassId next = builder_.AddClass({});
    builder_.AddBase(next, {previous, 0, false});
    previous = next;
  }
  builder_.AddBase(klass_, {previous, 0, false});
  EXPECT_THAT(BuildError(), HasSubstr("classes[0]: it is its own base"));
}

TEST_F(BuilderTest, AcceptsADiamondOfBases) {
  ClassId left = builder_.AddClass({});
  ClassId right = builder_.AddClass({});
  ClassId bottom = builder_.AddClass({});
  builder_.AddBase(bottom, {left, 0, false});
  builder_.AddBase(bottom, {right, 8, false});
  builder_.AddBase(left, {klass_, 0, true});
  builder_.AddBase(right, {klass_, 0, true});
  EXPECT_EQ(Build()->classes[bottom.index()].bases.size(), 2u);
}

TEST_F(BuilderTest, RefusesLabelsBeforeTheirOuterLabels) {
  builder_.AddLabel({"cluster", "a", LabelId(1)});
  EXPECT_THAT(BuildError(), HasSubstr("labels[1]: its outer label"));
}

TEST_F(BuilderTest, RefusesSumsThatAreNoSums) {
  for (double bad : {-1.0, kInfinity, std::nan("")}) {
    SnapshotBuilder turnover;
    turnover.AddTurnover({StackId(), {}, {0, bad, 0, 0}, {}, {}, {}, {}, 0, 0, 0, 0, 0});
    EXPECT_THAT(std::move(turnover).Build().status().ToString(), HasSubstr("turnover[0]: sums"));

    SnapshotBuilder deaths;
    deaths.AddDeaths({StackId(), ClassId(), 0, 0, 0, {}, {}, bad});
    EXPECT_THAT(std::move(deaths).Build().status().ToString(), HasSubstr("deaths[0]: sums"));

    SnapshotBuilder history;
    PastMoment moment;
    moment.top.push_back({StackId(), 0, bad});
    history.AddMoment(moment);
    EXPECT_THAT(std::move(history).Build().status().ToString(), HasSubstr("history[0]: sums"));

    SnapshotBuilder process;
    process.process().bytes_allocated = bad;
    EXPECT_THAT(std::move(process).Build().status().ToString(), HasSubstr("bytes_allocated"));
  }
}

TEST_F(BuilderTest, RefusesAPastOfUnknownStacks) {
  builder_.AddTurnover({StackId(1), {}, {}, {}, {}, {}, {}, 0, 0, 0, 0, 0});
  EXPECT_EQ(BuildError(), "turnover[0]: no such stack");
}

TEST_F(BuilderTest, RefusesDeathsOfUnknownClasses) {
  builder_.AddDeaths({stack_, ClassId(1), 0, 0, 0, {}, {}, 0});
  EXPECT_EQ(BuildError(), "deaths[0]: no such class");
}

TEST_F(BuilderTest, RefusesMomentsOfUnknownStacks) {
  PastMoment moment;
  moment.top.push_back({StackId(1), 0, 0});
  builder_.AddMoment(moment);
  EXPECT_EQ(BuildError(), "history[0]: no such stack");
}

TEST_F(BuilderTest, AcceptsAccountingBelowZeroButNotBeyondNumbers) {
  builder_.AddAccounting({"unaccounted", -5.0, std::nullopt});
  builder_.AddAccounting({"live", 5.0, kInfinity});
  EXPECT_THAT(BuildError(), HasSubstr("accounting[1]"));
}

TEST_F(BuilderTest, SortsThePast) {
  PastMoment late;
  late.time = 20;
  late.top = {{stack_, 1, 5}, {StackId(), 1, 9}};
  PastMoment early;
  early.time = -10;
  builder_.AddMoment(late);
  builder_.AddMoment(early);
  auto snapshot = Build();
  ASSERT_EQ(snapshot->history.size(), 2u);
  EXPECT_EQ(snapshot->history[0].time, -10);
  EXPECT_EQ(snapshot->history[1].top[0].bytes, 9);
}

TEST_F(BuilderTest, AddsUpWhatWasDroppedForTheSameReason) {
  builder_.AddDropped("samples", 3, "no slot");
  builder_.AddDropped("samples", 1, "torn");
  builder_.AddDropped("samples", 4, "no slot");
  builder_.AddDropped("frames", 0, "no slot");
  EXPECT_EQ(Build()->dropped,
            (std::vector<Dropped>{{"samples", 7, "no slot"}, {"samples", 1, "torn"}}));
}

}  // namespace
}  // namespace seep
