#include "symbolizer/symbolizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "symbolizer/elf_file.h"
#include "tests/symbolizer/elf_workshop.h"

namespace seep {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::StartsWith;

constexpr std::string_view kSource = "call_sites.cc";

// "function @ file:line", and "inlined" where it is; the file without its directory.
std::string Text(const Frame& frame) {
  std::string file = frame.file.substr(frame.file.rfind('/') + 1);
  std::string text = frame.function + " @ " + file;
  if (file == kSource) text += ":" + std::to_string(frame.line);
  return text + (frame.inlined ? " inlined" : "");
}

std::string At(std::string_view function, const std::string& mark, std::string_view inlined = "") {
  return std::string(function) + " @ " + std::string(kSource) + ":" + std::to_string(LineOf(mark)) +
         std::string(inlined);
}

class CallSites : public ::testing::TestWithParam<const char*> {
 protected:
  std::vector<std::string> Frames(const std::string& function) {
    CodeLocation site{ModuleId(0), fixture_.Call(function)};
    SymbolTable table = Symbolizer().Symbolize({&fixture_.module(), 1}, {&site, 1}, {});
    const Symbol* symbol = table.Find(site);
    if (symbol == nullptr) return {"not in the table"};
    EXPECT_EQ(symbol->missing, "");
    std::vector<std::string> frames;
    for (const Frame& frame : symbol->frames) frames.push_back(Text(frame));
    return frames;
  }

  LoadedFixture fixture_{GetParam()};
};

TEST_P(CallSites, NewInsideAnInlinedMakeUnique) {
  EXPECT_THAT(Frames("SiteMakeUnique"),
              ElementsAre("std::make_unique<OrderLock, int&>(int&) @ unique_ptr.h inlined",
                          At("locks::LockTable::Get(int)", "make_unique")));
}

TEST_P(CallSites, EachInlinedCallHasItsOwnLine) {
  EXPECT_THAT(Frames("SiteNested"), ElementsAre(At("nest::Inner()", "inner", " inlined"),
                                                At("nest::Middle(int)", "middle", " inlined"),
                                                At("nest::Outer(int)", "outer")));
}

TEST_P(CallSites, Template) {
  EXPECT_THAT(Frames("SiteTemplate"),
              ElementsAre(At("locks::Shards<long, 4>::Split(long const&)", "template")));
}

// g++ writes no linkage names for these; the scopes around them tell.
TEST_P(CallSites, AnonymousNamespaceIsNamedTheSameInlinedOrNot) {
  EXPECT_THAT(Frames("SiteHidden"),
              ElementsAre(At("net::(anonymous namespace)::Session::Read", "hidden")));
  EXPECT_THAT(
      Frames("SiteHiddenInline"),
      ElementsAre(At("net::(anonymous namespace)::Session::Close", "hidden_inline", " inlined"),
                  At("net::(anonymous namespace)::CloseAll", "hidden_caller")));
}

TEST_P(CallSites, InlinedLambda) {
  EXPECT_THAT(Frames("SiteLambda"),
              ElementsAre(At("net::(anonymous namespace)::CloseAll::{lambda}::operator()", "lambda",
                             " inlined"),
                          At("net::(anonymous namespace)::CloseAll", "lambda_caller")));
}

TEST_P(CallSites, LocalClass) {
  EXPECT_THAT(Frames("SiteLocal"), ElementsAre(At("net::WithLocalClass()::Local::Work", "local")));
}

TEST_P(CallSites, C) { EXPECT_THAT(Frames("SitePlainC"), ElementsAre(At("plain_c", "plain_c"))); }

// The return address is already in the next function.
TEST_P(CallSites, CallThatEndsItsFunction) {
  EXPECT_THAT(Frames("SiteLastCall"), ElementsAre(At("net::LastCall()", "last_call")));
}

INSTANTIATE_TEST_SUITE_P(Dwarf, CallSites,
                         ::testing::Values("dwarf4", "dwarf5", "type_units", "compressed"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Symbolizer, WithoutDebugInformationNamesTheSymbol) {
  TemporaryDirectory directory;
  LoadedFixture fixture("dwarf5");
  Module module = fixture.module();
  module.path = directory.path("app.so");
  Objcopy({"--strip-debug", fixture.module().path, module.path});
  CodeLocation site{ModuleId(0), fixture.Call("SiteMakeUnique")};
  CodeLocation hidden{ModuleId(0), fixture.Call("SiteHidden")};
  std::vector<CodeLocation> code = {site, hidden};
  SymbolTable table = Symbolizer().Symbolize({&module, 1}, code, {});
  EXPECT_THAT(table.Find(site)->frames,
              ElementsAre(Frame{"locks::LockTable::Get(int)", "", 0, false}));
  EXPECT_THAT(table.Find(hidden)->frames,
              ElementsAre(Field(&Frame::function,
                                StartsWith("net::(anonymous namespace)::Session::Read(int)"))));
}

TEST(Symbolizer, StrippedBinaryNamesWhatItExportsAndSaysWhyNotTheRest) {
  TemporaryDirectory directory;
  LoadedFixture fixture("dwarf5");
  Module module = fixture.module();
  module.path = directory.path("app.so");
  Objcopy({"--strip-all", fixture.module().path, module.path});
  CodeLocation exported{ModuleId(0), fixture.Call("SitePlainC")};
  CodeLocation hidden{ModuleId(0), fixture.Call("SiteHidden")};
  std::vector<CodeLocation> code = {exported, hidden};
  SymbolTable table = Symbolizer().Symbolize({&module, 1}, code, {});
  EXPECT_THAT(table.Find(exported)->frames, ElementsAre(Frame{"plain_c", "", 0, false}));
  EXPECT_TRUE(table.Find(hidden)->frames.empty());
  EXPECT_THAT(table.Find(hidden)->missing,
              StartsWith(module.path + " has no debug information; no debug file for build-id "));
  EXPECT_THAT(table.Find(hidden)->missing,
              EndsWith("; no symbol of " + module.path + " covers the address"));
}

// What dwz makes: a file that shares names with others refers to a third one, by build-id.
TEST(Symbolizer, NeedsTheSupplementOfADwzFile) {
  TemporaryDirectory directory;
  LoadedFixture fixture("dwarf5");
  Module supplement = ModuleOf(FixturePath("dwarf4"));
  std::string id(supplement.build_id.begin(), supplement.build_id.end());
  WriteBytes(directory.path("link"), std::string("/dev/zero") + '\0' + id);
  Module module = fixture.module();
  module.path = directory.path("app.so");
  Objcopy({"--add-section", ".gnu_debugaltlink=" + directory.path("link"), fixture.module().path,
           module.path});
  CodeLocation site{ModuleId(0), fixture.Call("SiteMakeUnique")};

  SymbolTable table = Symbolizer().Symbolize({&module, 1}, {&site, 1}, {});
  EXPECT_THAT(table.Find(site)->frames,
              ElementsAre(Frame{"locks::LockTable::Get(int)", "", 0, false}));

  SymbolizerOptions options;
  options.files.debug_directories = {directory.path("symbols")};
  std::string text = BuildIdText(supplement.build_id);
  std::string home = directory.path("symbols/.build-id/" + text.substr(0, 2));
  std::filesystem::create_directories(home);
  std::filesystem::copy(supplement.path, home + "/" + text.substr(2) + ".debug");
  table = Symbolizer(options).Symbolize({&module, 1}, {&site, 1}, {});
  ASSERT_EQ(table.Find(site)->frames.size(), 2u);
  EXPECT_EQ(table.Find(site)->frames[1].line, LineOf("make_unique"));
}

TEST(Symbolizer, EveryPositionGetsFramesOrAReason) {
  Module gone;
  gone.path = "/nowhere/app";
  gone.build_id = {0xab, 0xcd, 0xef};
  Module vdso;
  vdso.path = "linux-vdso.so.1";
  Module anonymous;
  anonymous.path = "[anon]";
  std::vector<Module> modules = {gone, vdso, anonymous, Module()};
  std::vector<CodeLocation> code;
  for (size_t i = 0; i < modules.size(); ++i) code.push_back({ModuleId(i), 0x1234});
  code.push_back({ModuleId(), 0x7fff1234});
  code.push_back({ModuleId(77), 0x1234});
  SymbolTable table = Symbolizer().Symbolize(modules, code, {});
  ASSERT_EQ(table.code.size(), 6u);
  EXPECT_EQ(table.Find(code[0])->missing,
            "binary deleted or moved: /nowhere/app; no debug file for build-id abcdef");
  EXPECT_EQ(table.Find(code[1])->missing, "linux-vdso.so.1: part of the kernel, not a file");
  EXPECT_EQ(table.Find(code[2])->missing, "[anon]: memory, not a file");
  EXPECT_EQ(table.Find(code[3])->missing, "the module has no path");
  EXPECT_EQ(table.Find(code[4])->missing, "no module was loaded at the address");
  EXPECT_EQ(table.Find(code[5])->missing, "no module was loaded at the address");
}

TEST(Symbolizer, AnotherBuildIsRefused) {
  Module module = ModuleOf(FixturePath("dwarf5"));
  module.build_id = ModuleOf(FixturePath("dwarf4")).build_id;
  CodeLocation site{ModuleId(0), LoadedFixture("dwarf5").Call("SiteNested")};
  SymbolTable table = Symbolizer().Symbolize({&module, 1}, {&site, 1}, {});
  EXPECT_TRUE(table.Find(site)->frames.empty());
  EXPECT_THAT(table.Find(site)->missing, StartsWith("build-id differs: " + module.path + " has "));
}

TEST(Symbolizer, TheSameFileLoadedTwiceIsAskedOnce) {
  LoadedFixture fixture("dwarf5");
  std::vector<Module> modules = {fixture.module(), fixture.module()};
  modules[1].load_bias += 0x10000;
  uint64_t offset = fixture.Call("SiteNested");
  std::vector<CodeLocation> code = {
      {ModuleId(0), offset}, {ModuleId(1), offset}, {ModuleId(0), offset}};
  size_t most = 0;
  size_t total = 0;
  auto progress = [&](size_t done, size_t all) {
    EXPECT_GT(done, most);
    most = done;
    total = all;
  };
  SymbolTable table = Symbolizer().Symbolize(modules, code, {}, progress);
  EXPECT_EQ(table.code.size(), 2u);
  EXPECT_EQ(*table.Find(code[0]), *table.Find(code[1]));
  EXPECT_EQ(most, 2u);
  EXPECT_EQ(total, 2u);
}

TEST(Symbolizer, SaysWhichFileTookTooLong) {
  LoadedFixture fixture("dwarf5");
  CodeLocation site{ModuleId(0), fixture.Call("SiteNested")};
  SymbolizerOptions options;
  options.time_limit_per_module = std::chrono::milliseconds(0);
  SymbolTable table = Symbolizer(options).Symbolize({&fixture.module(), 1}, {&site, 1}, {});
  EXPECT_EQ(table.Find(site)->missing, "timed out after 0 s in " + fixture.module().path);
}

TEST(Symbolizer, ManyModulesInParallelGiveWhatOneGives) {
  std::vector<Module> modules;
  std::vector<CodeLocation> code;
  for (const char* name : {"dwarf4", "dwarf5", "type_units", "compressed"}) {
    LoadedFixture fixture(name);
    for (uint64_t offset = 0x1000; offset < 0x2400; offset += 3) {
      code.push_back({ModuleId(modules.size()), offset});
    }
    modules.push_back(fixture.module());
  }
  SymbolizerOptions serial;
  serial.threads = 1;
  SymbolizerOptions parallel;
  parallel.threads = 4;
  EXPECT_EQ(Symbolizer(serial).Symbolize(modules, code, {}).code,
            Symbolizer(parallel).Symbolize(modules, code, {}).code);
}

}  // namespace
}  // namespace seep
