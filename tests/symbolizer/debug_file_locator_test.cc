#include "symbolizer/debug_file_locator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/symbolizer/elf_workshop.h"

namespace seep {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// app.so, stripped, beside nothing; each test puts its debug file where it wants it.
class Locator : public ::testing::Test {
 protected:
  void SetUp() override {
    Objcopy({"--strip-all", FixturePath("dwarf5"), app_});
    Objcopy({"--only-keep-debug", FixturePath("dwarf5"), debug_});
    module_ = ModuleOf(app_);
  }

  void MoveDebugTo(const std::string& name) {
    fs::create_directories(fs::path(directory_.path(name)).parent_path());
    fs::rename(debug_, directory_.path(name));
  }

  std::string BuildIdName() {
    std::string id = BuildIdText(module_.build_id);
    return ".build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
  }

  LocatedFiles Locate() { return DebugFileLocator(options_).Locate(module_); }

  void ExpectDebugFile(const std::string& name) {
    LocatedFiles files = Locate();
    ASSERT_TRUE(files.debug.has_value()) << files.missing;
    EXPECT_EQ(files.debug->path(), directory_.path(name));
    EXPECT_EQ(files.missing, "");
  }

  TemporaryDirectory directory_;
  std::string app_ = directory_.path("app.so");
  std::string debug_ = directory_.path("debug-of-app");
  Module module_;
  DebugFileLocator::Options options_;
};

TEST_F(Locator, UsesTheBinaryItselfWhereItHasAll) {
  module_ = ModuleOf(FixturePath("dwarf5"));
  LocatedFiles files = Locate();
  ASSERT_TRUE(files.binary.has_value());
  EXPECT_FALSE(files.debug.has_value());
  EXPECT_EQ(files.missing, "");
}

TEST_F(Locator, SaysThatAStrippedBinaryHasNoDebugFile) {
  LocatedFiles files = Locate();
  EXPECT_TRUE(files.binary.has_value());
  EXPECT_FALSE(files.debug.has_value());
  EXPECT_EQ(files.missing, app_ + " has no debug information; no debug file for build-id " +
                               BuildIdText(module_.build_id));
}

TEST_F(Locator, FindsByBuildId) {
  options_.debug_directories = {directory_.path("symbols")};
  MoveDebugTo("symbols/" + BuildIdName());
  ExpectDebugFile("symbols/" + BuildIdName());
}

TEST_F(Locator, FindsInAFlatDirectory) {
  options_.debug_directories = {directory_.path("symbols")};
  MoveDebugTo("symbols/app.so.debug");
  ExpectDebugFile("symbols/app.so.debug");
}

TEST_F(Locator, FindsWithoutTheBinary) {
  options_.debug_directories = {directory_.path("symbols")};
  MoveDebugTo("symbols/" + BuildIdName());
  fs::remove(app_);
  ExpectDebugFile("symbols/" + BuildIdName());
}

TEST_F(Locator, FollowsTheDebugLink) {
  Objcopy({"--add-gnu-debuglink=" + debug_, app_});
  ExpectDebugFile("debug-of-app");
  MoveDebugTo(".debug/debug-of-app");
  ExpectDebugFile(".debug/debug-of-app");
}

TEST_F(Locator, ChecksTheDebugLinksSumWhereThereIsNoBuildId) {
  Objcopy({"--remove-section=.note.gnu.build-id", debug_});
  Objcopy({"--remove-section=.note.gnu.build-id", "--add-gnu-debuglink=" + debug_, app_});
  module_ = ModuleOf(app_);
  ASSERT_TRUE(module_.build_id.empty());
  ExpectDebugFile("debug-of-app");

  std::string bytes = ReadBytes(debug_);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  WriteBytes(debug_, bytes);
  LocatedFiles files = Locate();
  EXPECT_FALSE(files.debug.has_value());
  EXPECT_THAT(files.missing, HasSubstr("no build-id to find a debug file by"));
}

TEST_F(Locator, RefusesADebugFileOfAnotherBuild) {
  options_.debug_directories = {directory_.path("symbols")};
  Objcopy({"--only-keep-debug", FixturePath("dwarf4"), debug_});
  MoveDebugTo("symbols/" + BuildIdName());
  EXPECT_FALSE(Locate().debug.has_value());
}

TEST_F(Locator, RefusesABinaryOfAnotherBuild) {
  std::string had = BuildIdText(module_.build_id);
  Objcopy({"--strip-all", FixturePath("dwarf4"), app_});
  std::string has = BuildIdText(ModuleOf(app_).build_id);
  LocatedFiles files = Locate();
  EXPECT_TRUE(files.none());
  EXPECT_EQ(files.missing, "build-id differs: " + app_ + " has " + has + ", the process had " +
                               had + "; no debug file for build-id " + had);
}

TEST_F(Locator, LooksBelowTheRootOfAContainer) {
  fs::create_directories(directory_.path("root/srv"));
  fs::rename(app_, directory_.path("root/srv/app.so"));
  module_.path = "/srv/app.so";
  options_.root = directory_.path("root");
  MoveDebugTo("root/usr/lib/debug/" + BuildIdName());
  EXPECT_EQ(Locate().binary->path(), directory_.path("root/srv/app.so"));
  ExpectDebugFile("root/usr/lib/debug/" + BuildIdName());
}

TEST_F(Locator, SeesThroughTheKernelsMarkOfDeletedFiles) {
  module_.path += " (deleted)";
  EXPECT_TRUE(Locate().binary.has_value());
  fs::remove(app_);
  LocatedFiles files = Locate();
  EXPECT_TRUE(files.none());
  EXPECT_THAT(files.missing, StartsWith("binary deleted or moved: " + app_ + "; "));
}

TEST_F(Locator, SaysWhyAFileCannotBeUsed) {
  WriteBytes(app_, "no program");
  EXPECT_THAT(Locate().missing, StartsWith(app_ + ": not an ELF file"));
  module_.path = "app.so";
  EXPECT_THAT(Locate().missing, StartsWith("app.so: not an absolute path"));
}

}  // namespace
}  // namespace seep
