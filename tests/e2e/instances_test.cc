// Single objects of programs that nobody prepared, by the command line: where they are, what they
// have in common, and what lies at an address.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_format.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/cores.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using nlohmann::json;

json LookOf(const std::vector<std::string>& arguments) {
  Outcome outcome = Seep(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  json look = json::parse(outcome.out, nullptr, false);
  EXPECT_TRUE(look.is_object()) << outcome.out.substr(0, 200);
  return look;
}

std::string Hex(uint64_t address) { return absl::StrFormat("0x%x", address); }

struct Allocator {
  std::string name;
  std::string library;
};

class InstancesOf : public testing::TestWithParam<Allocator> {
 protected:
  void SetUp() override {
    const Allocator& allocator = GetParam();
    if (allocator.library.ends_with("NOTFOUND")) GTEST_SKIP() << "not installed";
    // gdb writes out also what was never touched.
    Launch launch{.command = {Program("census_truth"), scratch_ / "truth", "--largest", "40"}};
    if (!allocator.library.empty()) launch.environment = {"LD_PRELOAD=" + allocator.library};
    process_.emplace(launch);
    ASSERT_EQ(process_->ReadLine(), "ready");
    truth_ = ReadCensusTruth(scratch_ / "truth");
    pid_ = std::to_string(process_->pid());
  }

  Scratch scratch_;
  std::optional<Process> process_;
  CensusTruth truth_;
  std::string pid_;
};

TEST_P(InstancesOf, AreWhereTheProgramMadeThem) {
  for (std::string name : {"common::MethodClosure<Handler, void, Env*>", "Both", "Diamond"}) {
    json look = LookOf({"instances", pid_, "--class", name, "-n", "1000000", "--json"});
    size_t of_class = 0;
    for (const json& instance : look["instances"]) {
      if (instance["class"] != name) continue;
      ++of_class;
      auto block =
          truth_.live.find(std::stoull(instance["address"].get<std::string>(), nullptr, 16));
      ASSERT_NE(block, truth_.live.end()) << instance;
      EXPECT_EQ(block->second.class_name, name);
    }
    EXPECT_EQ(of_class, truth_.CountOf(name));
  }
}

// A sample is a part of all, of the size asked for, and the counts are of all.
TEST_P(InstancesOf, ByABaseClassAndSampled) {
  json look = LookOf({"instances", pid_, "--class", "^Left$", "-n", "100", "--json"});
  EXPECT_EQ(look["instances"].size(), 100u);
  std::map<std::string, uint64_t> objects;
  for (const json& row : look["classes"]) objects[row["name"]] = row["objects"];
  EXPECT_EQ(objects["Both"], truth_.CountOf("Both"));
  EXPECT_EQ(objects["Diamond"], truth_.CountOf("Diamond"));
  json again = LookOf({"instances", pid_, "--class", "^Left$", "-n", "100", "--json"});
  EXPECT_EQ(again["instances"], look["instances"]);
}

TEST_P(InstancesOf, WordsNameTheBoundMethod) {
  json look = LookOf({"words", pid_, "--class", "MethodClosure<Handler", "--json"});
  ASSERT_EQ(look["classes"].size(), 1u);
  const json& offsets = look["classes"][0]["offsets"];
  EXPECT_EQ(look["classes"][0]["instances"], 1000);
  EXPECT_EQ(offsets[0]["words"][0]["kind"], "vtable");
  EXPECT_EQ(offsets[1]["words"][0]["kind"], "module data") << "a static Handler";
  EXPECT_EQ(offsets[2]["words"][0]["kind"], "code");
  EXPECT_EQ(offsets[2]["words"][0]["share"], 1.0);
  EXPECT_EQ(offsets[2]["words"][0]["location"]["function"], "Handler::Check(Env*)");
  EXPECT_EQ(offsets[3]["words"][0]["kind"], "zero") << "no adjustment of `this`";
}

TEST_P(InstancesOf, WhatKnowsLiveFromFreed) {
  std::vector<std::string> live = {"what", pid_, "--json"}, freed = live;
  std::vector<std::string> names;
  for (const auto& [address, block] : truth_.live) {
    if (block.class_name != "Both" && block.class_name != "Session") continue;
    live.push_back(Hex(address + 8));
    names.push_back(block.class_name);
    if (names.size() == 500) break;
  }
  for (const auto& [address, bytes] : truth_.freed) {
    if (freed.size() < 503) freed.push_back(Hex(address));
  }
  json answers = LookOf(live)["addresses"];
  ASSERT_EQ(answers.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(answers[i]["kind"], "live block") << answers[i];
    EXPECT_NE(answers[i]["class"].dump().find(names[i]), std::string::npos) << answers[i];
  }
  size_t called_live = 0;
  for (const json& answer : LookOf(freed)["addresses"])
    called_live += answer["kind"] == "live block";
  EXPECT_EQ(called_live, 0u);
}

// The same words, and the same answers.
TEST_P(InstancesOf, ACoreAsInTheProcess) {
  std::optional<std::string> core = CoreByGdb(*process_, scratch_);
  if (!core) GTEST_SKIP() << "no gcore here";
  std::vector<std::string> addresses;
  for (const auto& [address, block] : truth_.live) {
    if (addresses.size() < 500) addresses.push_back(Hex(address + 8));
  }
  for (const auto& [address, bytes] : truth_.freed) {
    if (addresses.size() < 1000) addresses.push_back(Hex(address));
  }
  std::ifstream maps(process_->Path("maps"));  // code, constants and data of the program
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with("census_truth")) addresses.push_back(line.substr(0, line.find('-')));
  }
  std::vector<std::vector<std::string>> commands = {
      {"instances", "--class", "^Left$", "-n", "100", "--json"},
      {"words", "--class", "MethodClosure<Handler", "--json"},
      {"words", "--class", "^Session$", "--contents", "--json"},
      {"what", "--json"}};
  commands.back().insert(commands.back().end(), addresses.begin(), addresses.end());
  for (std::vector<std::string>& command : commands) {
    command.insert(command.begin() + 1, pid_);
    json alive = LookOf(command);
    command[1] = *core;
    EXPECT_EQ(LookOf(command), alive) << command[0];
  }
}

// `seep snap` keeps all, and shows what is asked for of one class.
TEST_P(InstancesOf, BesideASnapshot) {
  std::string kept = scratch_ / "kept.seep";
  json shown =
      LookOf({"snap", pid_, "-o", kept, "--class", "^Both$", "--instances", "3", "--json"});
  EXPECT_EQ(shown["instances"].size(), 3u);
  EXPECT_EQ(ObjectsOf(ReportOf(kept), "Both"), static_cast<double>(truth_.CountOf("Both")));
  shown = LookOf({"snap", pid_, "-o", kept, "--class", "^Both$", "--words", "--json"});
  EXPECT_EQ(shown["classes"][0]["objects"], truth_.CountOf("Both"));
  EXPECT_EQ(Seep({"snap", pid_, "-o", kept, "--class", "^Both$"}).code, 2);
  EXPECT_EQ(Seep({"snap", pid_, "-o", kept, "--words"}).code, 2);
  for (std::string by : {"class", "base", "module", "size"}) {
    Outcome text = Seep({"snap", pid_, "-o", kept, "--by", by, "--rows", "100"});
    EXPECT_EQ(text.code, 0) << text.err;
    EXPECT_EQ(text.out.find("census_truth\n") != std::string::npos, by == "module") << text.out;
    EXPECT_EQ(text.out.find(" to 64 B\n") != std::string::npos, by == "size");
    EXPECT_EQ(text.out.find("\n  Both\n") != std::string::npos, by == "class" || by == "base");
  }
  EXPECT_EQ(Seep({"snap", pid_, "-o", kept, "--by", "colour"}).code, 2);
}

INSTANTIATE_TEST_SUITE_P(Under, InstancesOf,
                         testing::Values(Allocator{"glibc", ""},
                                         Allocator{"tcmalloc", SEEP_E2E_TCMALLOC},
                                         Allocator{"jemalloc", SEEP_E2E_JEMALLOC}),
                         [](const auto& allocator) { return allocator.param.name; });

// The story of the proxy: the closure says which method it would have called, and for which
// cluster.
TEST(Words, OfTheLeakedClosure) {
  Scratch scratch;
  Process proxy({.command = {Program("coordination_proxy"), "--port-file", scratch / "port",
                             "--truth", scratch / "truth"}});
  ASSERT_NE(proxy.ReadLine(), "");
  Outcome load = RunToEnd({.command = {Program("proxy_load"), "--port-file", scratch / "port",
                                       "--requests", "100000", "--bad-share", "0.5"}});
  ASSERT_EQ(load.code, 0) << load.err;
  std::vector<std::string> command = {"words", std::to_string(proxy.pid()), "--class",
                                      "common::Closure<void, Env*>", "--json"};
  json quiet = LookOf(command);
  EXPECT_EQ(quiet.dump().find("ordering_v1"), std::string::npos) << "contents were not asked for";
  json method = quiet["classes"][0]["offsets"][2]["words"][0];
  EXPECT_EQ(method["kind"], "code");
  EXPECT_GE(method["share"], 0.99);
  EXPECT_EQ(method["location"]["function"].get<std::string>().substr(0, 21),
            "RequestHandler::Reply");
  command.push_back("--contents");
  EXPECT_NE(LookOf(command).dump().find("ordering_v1"), std::string::npos);
}

TEST(Words, OfNothing) {
  EXPECT_EQ(Seep({"words", "1", "--class", "("}).code, 2);
  EXPECT_EQ(Seep({"what", "1", "nonsense"}).code, 2);
  EXPECT_EQ(Seep({"instances", "4194304", "--class", "A"}).code, 3);
  Outcome no_core = Seep({"instances", Program("seep"), "--class", "A"});
  EXPECT_EQ(no_core.code, 2);
  EXPECT_NE(no_core.err.find("not a core file"), std::string::npos) << no_core.err;
}

}  // namespace
}  // namespace seep::e2e
