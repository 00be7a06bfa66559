#include "snapshot/stack_tree.h"

#include <gtest/gtest.h>

#include <vector>

namespace seep {
namespace {

CodeLocation At(uint64_t offset) { return {ModuleId(0), offset}; }

TEST(StackTreeTest, GivesFramesBackLeafFirst) {
  StackTree tree;
  std::vector<CodeLocation> frames = {At(3), At(2), At(1)};
  StackId id = tree.Intern(frames, StackEnd::kComplete);
  EXPECT_EQ(tree.Frames(id), frames);
  EXPECT_EQ(tree.end(id), StackEnd::kComplete);
}

TEST(StackTreeTest, GivesEqualStacksEqualIds) {
  StackTree tree;
  std::vector<CodeLocation> frames = {At(3), At(2), At(1)};
  StackId first = tree.Intern(frames, StackEnd::kComplete);
  EXPECT_EQ(tree.Intern(frames, StackEnd::kComplete), first);
  EXPECT_EQ(tree.size(), 3u);
}

TEST(StackTreeTest, SharesCallersOfDifferentLeaves) {
  StackTree tree;
  std::vector<CodeLocation> one = {At(3), At(2), At(1)};
  std::vector<CodeLocation> other = {At(4), At(2), At(1)};
  StackId one_id = tree.Intern(one, StackEnd::kComplete);
  StackId other_id = tree.Intern(other, StackEnd::kComplete);
  EXPECT_NE(one_id, other_id);
  EXPECT_EQ(tree.node(one_id).parent, tree.node(other_id).parent);
  EXPECT_EQ(tree.size(), 4u);
}

TEST(StackTreeTest, TellsACallerFromTheSameFramesAsAStack) {
  StackTree tree;
  std::vector<CodeLocation> deep = {At(2), At(1)};
  std::vector<CodeLocation> shallow = {At(1)};
  StackId deep_id = tree.Intern(deep, StackEnd::kComplete);
  StackId shallow_id = tree.Intern(shallow, StackEnd::kComplete);
  EXPECT_EQ(tree.node(deep_id).parent, shallow_id);
}

TEST(StackTreeTest, KeepsStacksApartThatEndDifferently) {
  StackTree tree;
  std::vector<CodeLocation> frames = {At(2), At(1)};
  StackId complete = tree.Intern(frames, StackEnd::kComplete);
  StackId truncated = tree.Intern(frames, StackEnd::kTruncated);
  EXPECT_NE(complete, truncated);
  EXPECT_EQ(tree.Frames(complete), tree.Frames(truncated));
  EXPECT_EQ(tree.end(truncated), StackEnd::kTruncated);
}

TEST(StackTreeTest, HasAPlaceForStacksWithoutFrames) {
  StackTree tree;
  StackId unknown = tree.Intern({}, StackEnd::kUnknown);
  EXPECT_FALSE(unknown.is_none());
  EXPECT_TRUE(tree.Frames(unknown).empty());
  EXPECT_EQ(tree.Intern({}, StackEnd::kUnknown), unknown);
  EXPECT_NE(tree.Intern({}, StackEnd::kForeign), unknown);
  EXPECT_TRUE(tree.Frames(StackId()).empty());
}

TEST(StackTreeTest, KeepsTheCallersOfANullFrame) {
  StackTree tree;
  std::vector<CodeLocation> frames = {At(2), CodeLocation(), At(1)};
  EXPECT_EQ(tree.Frames(tree.Intern(frames, StackEnd::kComplete)), frames);
}

TEST(StackTreeTest, IsRebuiltFromItsNodes) {
  StackTree tree;
  for (uint64_t i = 0; i < 1000; ++i) {
    std::vector<CodeLocation> frames = {At(i), At(i / 7), At(i / 91)};
    tree.Intern(frames, i % 2 == 0 ? StackEnd::kComplete : StackEnd::kForeign);
  }
  StackTree copy;
  for (size_t i = 0; i < tree.size(); ++i) {
    EXPECT_EQ(copy.InternNode(tree.node(StackId(i))), StackId(i));
  }
  EXPECT_EQ(copy.size(), tree.size());
}

}  // namespace
}  // namespace seep
