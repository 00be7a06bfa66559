#include "symbolizer/elf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/symbolizer/elf_workshop.h"

namespace seep {
namespace {

using ::testing::HasSubstr;

TEST(ElfFile, KnowsItsBuildIdAndDebugInformation) {
  auto with = ElfFile::Open(FixturePath("dwarf5"));
  auto without = ElfFile::Open(FixturePath("no_rtti"));
  ASSERT_TRUE(with.ok()) << with.status();
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(with->build_id().size(), 20u);
  EXPECT_NE(with->build_id(), without->build_id());
  EXPECT_TRUE(with->has_debug_info());
  EXPECT_FALSE(without->has_debug_info());
  EXPECT_FALSE(with->debug_link().has_value());
}

TEST(ElfFile, RefusesWhatIsNoProgramAndNamesIt) {
  TemporaryDirectory directory;
  WriteBytes(directory.path("text"), "#!/bin/sh\n");
  WriteBytes(directory.path("empty"), "");
  WriteBytes(directory.path("magic"),
             "\x7f"
             "ELF");
  for (const char* name : {"text", "empty", "magic", "missing"}) {
    auto file = ElfFile::Open(directory.path(name));
    ASSERT_FALSE(file.ok()) << name;
    EXPECT_THAT(std::string(file.status().message()), HasSubstr(directory.path(name)));
  }
  EXPECT_TRUE(absl::IsNotFound(ElfFile::Open(directory.path("missing")).status()));
  EXPECT_FALSE(ElfFile::Open("/").ok());
  EXPECT_FALSE(ElfFile::Open("/dev/zero").ok());
}

// An open without O_NONBLOCK would wait for a writer.
TEST(ElfFile, DoesNotWaitForAPipe) {
  TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(ElfFile::Open(directory.path("pipe")).ok());
}

TEST(ElfFile, ReadsTheDebugLinkAndItsChecksum) {
  TemporaryDirectory directory;
  Objcopy({"--only-keep-debug", FixturePath("dwarf5"), directory.path("app.debug")});
  Objcopy({"--strip-all", "--add-gnu-debuglink=" + directory.path("app.debug"),
           FixturePath("dwarf5"), directory.path("app.so")});
  auto binary = ElfFile::Open(directory.path("app.so"));
  auto debug = ElfFile::Open(directory.path("app.debug"));
  ASSERT_TRUE(binary.ok() && debug.ok());
  EXPECT_FALSE(binary->has_debug_info());
  EXPECT_TRUE(debug->has_debug_info());
  EXPECT_EQ(debug->build_id(), binary->build_id());
  ASSERT_TRUE(binary->debug_link().has_value());
  EXPECT_EQ(binary->debug_link()->file_name, "app.debug");
  EXPECT_EQ(binary->debug_link()->crc, debug->Crc());
}

TEST(ElfFile, IgnoresADebugLinkThatLeavesItsDirectory) {
  TemporaryDirectory directory;
  for (const char* name : {"../app.deb", "/etc/passwd", "..", ""}) {
    std::string section(name);
    section.resize((section.size() / 4 + 1) * 4 + 4);
    WriteBytes(directory.path("link"), section);
    Objcopy({"--add-section", ".gnu_debuglink=" + directory.path("link"), FixturePath("no_rtti"),
             directory.path("app.so")});
    auto file = ElfFile::Open(directory.path("app.so"));
    ASSERT_TRUE(file.ok());
    EXPECT_FALSE(file->debug_link().has_value()) << name;
  }
}

}  // namespace
}  // namespace seep
