// Real cores: what is in them must be read as it was, and what is not must not be made up.
#include "heap/core/core_target.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <tuple>

#include "heap/live_target.h"
#include "heap/vtable_oracle.h"
#include "tests/heap/child_process.h"
#include "tests/heap/core_maker.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

using testing::MadeCore;
using testing::ObjectsIn;
using testing::PrintedObject;

// How many objects are named rightly, are known by vtable only, and are not known.
struct Naming {
  size_t named = 0;
  size_t nameless = 0;
  size_t absent = 0;
  std::set<uint64_t> nameless_vtables;
};

Naming NameAll(const Target& target, const std::vector<PrintedObject>& objects) {
  Naming naming;
  VtableOracle oracle(*target.memory, target.modules);
  for (const PrintedObject& object : objects) {
    std::optional<uint64_t> word = ReadWord(*target.memory, object.address);
    auto answer = word.has_value() ? oracle.Classify(*word) : std::nullopt;
    if (!answer.has_value()) {
      ++naming.absent;
      continue;
    }
    const VtableOracle::SeenClass& seen = oracle.classes()[answer->klass];
    if (seen.evidence == ClassEvidence::kVtable) {
      EXPECT_EQ(seen.mangled, "");
      ++naming.nameless;
      naming.nameless_vtables.insert(seen.vtable.value());
    } else {
      EXPECT_EQ(seen.mangled, object.name);
      ++naming.named;
    }
  }
  return naming;
}

bool Mentions(const std::vector<Dropped>& dropped, const std::string& text) {
  return std::ranges::any_of(dropped, [&text](const Dropped& d) {
    return (d.what + ": " + d.why).find(text) != std::string::npos;
  });
}

class CoreTest : public ::testing::Test {
 protected:
  std::optional<MadeCore> Make(const std::string& by, const std::string& program,
                               const std::string& filter, bool with_plugin = false) {
    std::vector<std::string> arguments;
    if (with_plugin) arguments.push_back(PLUGIN);
    return by == "kernel" ? testing::MakeKernelCore(directory_.path(), program, arguments, filter)
                          : testing::MakeGdbCore(directory_.path(), program, arguments, filter);
  }
  static std::unique_ptr<CoreTarget> Open(const MadeCore& made,
                                          const ModuleFileOptions& options = {}) {
    auto core = CoreTarget::Open(made.path, options);
    EXPECT_TRUE(core.ok()) << core.status();
    return core.ok() ? *std::move(core) : nullptr;
  }

  testing::TemporaryDirectory directory_;
};

// By whom, of which program, with which coredump_filter (core(5)): 0x33 is the default, 0x7f saves
// the files, too, 0x23 the first pages of the binaries not.
using Kind = std::tuple<std::string, std::string, std::string>;
class CoreOfObjectsTest : public CoreTest, public ::testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    auto [by, program, filter] = GetParam();
    bool is_static = program.find("static") != std::string::npos;
    made_ = Make(by, PROGRAMS + program, filter, !is_static);
    if (!made_.has_value()) GTEST_SKIP() << "cores by " << by << " cannot be had here";
    objects_ = ObjectsIn(made_->lines);
    ASSERT_GE(objects_.size(), 8u);
    core_ = Open(*made_);
    ASSERT_NE(core_, nullptr);
  }

  std::optional<MadeCore> made_;
  std::vector<PrintedObject> objects_;
  std::unique_ptr<CoreTarget> core_;
};

TEST_P(CoreOfObjectsTest, NamesEveryObject) {
  Naming naming = NameAll(core_->target(), objects_);
  EXPECT_EQ(naming.named, objects_.size());
  bool has_headers = std::get<2>(GetParam()) != "0x23";
  EXPECT_EQ(Mentions(core_->dropped(), "guessed"), !has_headers);
}

TEST_P(CoreOfObjectsTest, KnowsTheProcess) {
  const CoreProcess& process = core_->process();
  std::string program = std::get<1>(GetParam());
  EXPECT_EQ(process.pid, made_->pid);
  EXPECT_EQ(process.uid, geteuid());
  EXPECT_GE(process.name.size(), std::min<size_t>(program.size(), 15));
  EXPECT_TRUE(program.starts_with(process.name)) << process.name;
  EXPECT_EQ(process.command_line.find(PROGRAMS + program.substr(0, 5)), 0u) << process.command_line;
  ASSERT_EQ(core_->target().threads.size(), 1u);
  const TargetThread& thread = core_->target().threads[0];
  EXPECT_EQ(thread.tid, made_->pid);
  ASSERT_TRUE(thread.registers.has_value());
  const Mapping* stack = FindMapping(core_->target().maps, thread.registers->stack_pointer());
  ASSERT_NE(stack, nullptr);
  EXPECT_EQ(stack->path, "[stack]");
  // It waits in read(): the next instruction is code of a module.
  const Mapping* code = FindMapping(core_->target().maps, thread.registers->instruction_pointer());
  ASSERT_NE(code, nullptr);
  EXPECT_TRUE(code->executable) << code->path;
  if (std::get<0>(GetParam()) == "kernel") {
    EXPECT_EQ(process.signal, SIGABRT);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Real, CoreOfObjectsTest,
    ::testing::Combine(::testing::Values("kernel", "gcore"),
                       ::testing::Values("objects_stripped", "objects_no_pie", "objects_static",
                                         "objects_static_pie", "objects_no_relro"),
                       ::testing::Values("0x33", "0x7f", "0x23")),
    [](const auto& info) {
      return std::get<0>(info.param) + "_" + std::get<1>(info.param) + "_" +
             std::get<2>(info.param);
    });

class CoreByTest : public CoreTest, public ::testing::WithParamInterface<std::string> {};

// The same process, alive and in its core.
TEST_F(CoreTest, HasTheModulesOfTheProcess) {
  testing::ChildProcess child(PROGRAMS "objects_stripped", {PLUGIN});
  auto live = LiveTarget::Open(child.pid());
  ASSERT_TRUE(live.ok()) << live.status();
  std::string prefix = directory_ / "core";
  std::string pid = std::to_string(child.pid());
  if (std::system(("gcore -o '" + prefix + "' " + pid + " >/dev/null 2>&1").c_str()) != 0) {
    GTEST_SKIP() << "no gcore here";
  }
  auto core = Open({.path = prefix + "." + pid, .pid = child.pid(), .lines = {}});
  const std::vector<LoadedModule>& expected = (*live)->target().modules;
  const std::vector<LoadedModule>& found = core->target().modules;
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].module, expected[i].module) << expected[i].module.path;
    ASSERT_EQ(found[i].segments.size(), expected[i].segments.size()) << expected[i].module.path;
    for (size_t s = 0; s < found[i].segments.size(); ++s) {
      EXPECT_EQ(found[i].segments[s].range, expected[i].segments[s].range);
      EXPECT_EQ(found[i].segments[s].writable, expected[i].segments[s].writable);
      EXPECT_EQ(found[i].segments[s].executable, expected[i].segments[s].executable);
    }
  }
}

// With bit 0 off, the heap is not in the core: it is absent, not zero. Nor is .data.rel.ro, whose
// file contents would be wrong.
TEST_P(CoreByTest, WhatWasNotSavedIsAbsent) {
  auto made = Make(GetParam(), PROGRAMS "objects_stripped", "0x10");
  if (!made.has_value()) GTEST_SKIP() << "no such core here";
  auto core = Open(*made);
  std::vector<PrintedObject> objects = ObjectsIn(made->lines);
  for (const PrintedObject& object : objects) {
    EXPECT_EQ(ReadWord(core->memory(), object.address), std::nullopt) << object.name;
  }
  ASSERT_GE(core->target().modules.size(), 4u);
  for (const LoadedModule& module : core->target().modules) {
    EXPECT_FALSE(module.module.build_id.empty()) << module.module.path;
    for (const Segment& segment : module.segments) {
      std::optional<uint64_t> word = ReadWord(core->memory(), segment.range.begin);
      bool expected = segment.executable || (word.has_value() && !segment.writable);
      EXPECT_EQ(word.has_value(), expected) << module.module.path;
    }
  }
  EXPECT_GT(core->memory().verified_pages(), 0u) << "code and constants are those of the files";
}

TEST_P(CoreByTest, WithoutTheBinaryOnlyTheNameIsMissing) {
  std::string program = directory_ / "program";
  std::filesystem::copy_file(PROGRAMS "objects_stripped", program);
  auto made = Make(GetParam(), program, "0x33");
  if (!made.has_value()) GTEST_SKIP() << "no such core here";
  std::vector<PrintedObject> objects = ObjectsIn(made->lines);
  EXPECT_EQ(NameAll(Open(*made)->target(), objects).named, objects.size());

  std::filesystem::remove(program);
  auto core = Open(*made);
  Naming naming = NameAll(core->target(), objects);
  EXPECT_EQ(naming.nameless, objects.size());
  EXPECT_EQ(naming.nameless_vtables.size(), objects.size()) << "each is of another class";
  EXPECT_TRUE(Mentions(core->dropped(), program));

  // Nothing of that machine is on this one.
  auto elsewhere = Open(*made, {.sysroot = directory_ / "nothing", .debug_directories = {}});
  EXPECT_EQ(NameAll(elsewhere->target(), objects).nameless, objects.size());
}

TEST_P(CoreByTest, TheBinaryIsFoundByItsBuildId) {
  std::string program = directory_ / "program";
  std::filesystem::copy_file(PROGRAMS "objects_stripped", program);
  auto made = Make(GetParam(), program, "0x33");
  if (!made.has_value()) GTEST_SKIP() << "no such core here";
  std::vector<PrintedObject> objects = ObjectsIn(made->lines);

  std::string kept = directory_ / "kept";
  std::filesystem::create_directory(kept);
  std::filesystem::rename(program, kept + "/program");
  std::filesystem::copy_file(PROGRAMS "objects_no_pie", program);
  auto replaced = Open(*made);
  EXPECT_EQ(NameAll(replaced->target(), objects).named, 0u) << "another build";
  EXPECT_TRUE(Mentions(replaced->dropped(), "another build"));

  auto core = Open(*made, {.sysroot = "", .debug_directories = {kept}});
  EXPECT_EQ(NameAll(core->target(), objects).named, objects.size());
}

INSTANTIATE_TEST_SUITE_P(Real, CoreByTest, ::testing::Values("kernel", "gcore"),
                         [](const auto& info) { return info.param; });

TEST_F(CoreTest, MemoryAndThreadsAreThoseOfTheProcess) {
  std::ofstream(directory_ / "data") << std::string(1 << 20, 'd');
  auto made = testing::MakeKernelCore(directory_.path(), PROGRAMS "mappings", {directory_ / "data"},
                                      "0x33");
  if (!made.has_value()) GTEST_SKIP() << "the kernel does not write cores into directories here";
  auto core = Open(*made);
  ASSERT_EQ(core->target().threads.size(), 3u);
  EXPECT_EQ(core->target().threads[0].tid, made->pid);
  std::set<uint64_t> stacks;
  for (const TargetThread& thread : core->target().threads) {
    const Mapping* stack = FindMapping(core->target().maps, thread.registers->stack_pointer());
    ASSERT_NE(stack, nullptr);
    stacks.insert(stack->range.begin.value());
  }
  EXPECT_EQ(stacks.size(), 3u);

  std::istringstream words(made->lines[0]);  // "touched ADDRESS BYTES"
  std::string name;
  uint64_t begin;
  uint64_t size;
  words >> name >> std::hex >> begin >> std::dec >> size;
  ASSERT_EQ(name, "touched");
  std::vector<uint64_t> numbers(size / 8);
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(numbers.data()), size);
  ASSERT_EQ(core->memory().Read(Address(begin), bytes), size);
  for (uint64_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i);
}

// Stacks are known by their guard pages, which gdb writes as if they could be read.
TEST_P(CoreByTest, StacksHaveTheirGuards) {
  std::ofstream(directory_ / "data") << std::string(1 << 20, 'd');
  auto make = GetParam() == "kernel" ? testing::MakeKernelCore : testing::MakeGdbCore;
  auto made = make(directory_.path(), PROGRAMS "mappings", {directory_ / "data"}, "0x33");
  if (!made.has_value()) GTEST_SKIP() << "no such core here";
  auto core = Open(*made);
  const std::vector<Mapping>& maps = core->target().maps;
  ASSERT_EQ(core->target().threads.size(), 3u);
  for (const TargetThread& thread : core->target().threads) {
    const Mapping* stack = FindMapping(maps, thread.registers->stack_pointer());
    ASSERT_NE(stack, nullptr);
    if (stack->path == "[stack]") continue;
    ASSERT_NE(stack, maps.data());
    const Mapping& guard = *(stack - 1);
    EXPECT_EQ(guard.range.end, stack->range.begin);
    EXPECT_FALSE(guard.readable || guard.writable || guard.executable);
  }
}

// objects_no_build_id has none to check its file by: it counts as guessed.
TEST_F(CoreTest, AFileWithoutABuildIdIsAGuess) {
  auto made = Make("gcore", PROGRAMS "objects_no_build_id", "0x33");
  if (!made.has_value()) GTEST_SKIP() << "no gcore here";
  std::vector<PrintedObject> objects = ObjectsIn(made->lines);
  auto core = Open(*made);
  EXPECT_EQ(NameAll(core->target(), objects).named, objects.size());
  EXPECT_TRUE(Mentions(core->dropped(), "guessed"));
}

}  // namespace
}  // namespace seep
