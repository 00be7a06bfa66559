#include "snapshot/fingerprint.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace seep {
namespace {

// The golden values were computed by another program from the recipe in fingerprint.h. They may
// never change without kFingerprintVersion.
class FingerprintTest : public testing::Test {
 protected:
  FingerprintTest() {
    modules_.resize(2);
    modules_[0].build_id.resize(20);
    std::iota(modules_[0].build_id.begin(), modules_[0].build_id.end(), uint8_t{0});
    modules_[0].path = "/usr/bin/proxy";
    modules_[1].path = "/srv/proxy";
  }
  Fingerprint Of(const std::string& mangled, CodeLocation vtable = {}) const {
    return ClassFingerprint({mangled, vtable, ClassEvidence::kRtti, {}}, modules_);
  }
  Fingerprint Of(const std::vector<CodeLocation>& frames, StackEnd end) const {
    StackTree stacks;
    StackId id = stacks.Intern(frames, end);
    return SiteFingerprints(stacks, modules_)[id.index()];
  }

  std::vector<Module> modules_;
  const CodeLocation vtable_{ModuleId(0), 0x2040};
  const std::vector<CodeLocation> frames_{
      {ModuleId(0), 0x40}, {ModuleId(), 0x7f00'1234}, {ModuleId(1), 0x1234}};
};

TEST_F(FingerprintTest, HasItsGoldenValues) {
  EXPECT_EQ(kFingerprintVersion, 1);
  EXPECT_EQ(Of("N6common7ClosureIFvP3EnvEEE"), 0xa3f38489938af8a9u);
  EXPECT_EQ(Of("", vtable_), 0x2ecd7b1f7d1cbd21u);
  EXPECT_EQ(Of(""), 0x093b5a07b5cc3645u);

  StackTree stacks;
  stacks.Intern(frames_, StackEnd::kComplete);
  EXPECT_EQ(SiteFingerprints(stacks, modules_),
            (std::vector<Fingerprint>{0xd50fe8a3305e740e, 0xb7ead575e71f0608, 0x9949c598f3aa856}));
}

TEST_F(FingerprintTest, OfANamedClassDoesNotDependOnTheBuild) {
  EXPECT_EQ(Of("3Job"), Of("3Job", vtable_));
  EXPECT_NE(Of("3Job"), Of("4Jobs"));
}

TEST_F(FingerprintTest, OfAnUnnamedClassIsThatOfItsVtable) {
  EXPECT_NE(Of("", vtable_), Of("", {ModuleId(0), 0x2048}));
  EXPECT_NE(Of("", vtable_), Of("", {ModuleId(1), 0x2040}));
}

TEST_F(FingerprintTest, DoesNotDependOnWhereModulesAreLoaded) {
  Fingerprint here = Of(frames_, StackEnd::kComplete);
  modules_[0].load_bias = 0x5555'0000;
  modules_[0].path = "/proc/self/exe";
  EXPECT_EQ(Of(frames_, StackEnd::kComplete), here);
  EXPECT_EQ(Of(frames_, StackEnd::kTruncated), here);
}

TEST_F(FingerprintTest, DoesNotDependOnAddressesOutsideModules) {
  std::vector<CodeLocation> moved = frames_;
  moved[1].offset += 0x1000;
  EXPECT_EQ(Of(frames_, StackEnd::kComplete), Of(moved, StackEnd::kComplete));
}

TEST_F(FingerprintTest, DependsOnEveryFrameAndTheirOrder) {
  std::vector<CodeLocation> changed = frames_;
  changed[2].offset += 1;
  EXPECT_NE(Of(frames_, StackEnd::kComplete), Of(changed, StackEnd::kComplete));
  changed = {frames_[2], frames_[1], frames_[0]};
  EXPECT_NE(Of(frames_, StackEnd::kComplete), Of(changed, StackEnd::kComplete));
}

TEST_F(FingerprintTest, DependsOnTheBuild) {
  Fingerprint before = Of(frames_, StackEnd::kComplete);
  modules_[0].build_id[19] ^= 1;
  EXPECT_NE(Of(frames_, StackEnd::kComplete), before);
}

}  // namespace
}  // namespace seep
