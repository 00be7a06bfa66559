// The oracle against real programs, which print what is true of their objects.
#include <cxxabi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "heap/loaded_modules.h"
#include "heap/proc_maps.h"
#include "heap/process_memory.h"
#include "heap/vtable_oracle.h"
#include "tests/heap/child_process.h"

namespace seep {
namespace {

// A line that a program printed: "object ADDRESS NAME", "inner ADDRESS NAME OFFSET".
struct Claim {
  std::string kind;
  Address address;
  std::string name;
  int64_t offset = 0;
};

std::vector<Claim> ParseClaims(const std::vector<std::string>& lines) {
  std::vector<Claim> claims;
  for (const std::string& line : lines) {
    std::istringstream words(line);
    Claim claim;
    std::string address;
    words >> claim.kind >> address >> claim.name >> claim.offset;
    claim.address = Address(std::stoull(address, nullptr, 16));
    if (claim.name.starts_with('*')) claim.name.erase(0, 1);
    claims.push_back(claim);
  }
  return claims;
}

class VtableOracleProcessTest : public ::testing::TestWithParam<std::string> {
 protected:
  static bool IsStatic(const std::string& program) {
    return program.find("static") != std::string::npos;
  }

  // Starts the program, with the plugin where it can load one.
  void Start(const std::string& program) {
    child_ = std::make_unique<testing::ChildProcess>(
        PROGRAMS + program,
        IsStatic(program) ? std::vector<std::string>() : std::vector<std::string>{PLUGIN});
    ASSERT_TRUE(child_->ready()) << program;
    claims_ = ParseClaims(child_->lines());
    memory_ = std::make_unique<ProcessMemory>(*ProcessMemory::Open(child_->pid()));
    modules_ = FindModules(*memory_, *ReadMaps(child_->pid()));
    oracle_ = std::make_unique<VtableOracle>(*memory_, modules_);
  }

  std::optional<VtableOracle::Answer> Ask(Address address) {
    return oracle_->Classify(ReadWord(*memory_, address).value_or(0));
  }

  // "Left+0 Right+16", with "virtual" before virtual ones; names as they are mangled.
  std::string BasesOf(const std::string& name) {
    for (const VtableOracle::SeenClass& seen : oracle_->classes()) {
      if (seen.mangled != name) continue;
      std::string text;
      for (const VtableOracle::Base& base : seen.bases) {
        text += text.empty() ? "" : " ";
        text += base.is_virtual ? "virtual " : "";
        text += oracle_->classes()[base.klass].mangled + "+" + std::to_string(base.offset);
      }
      return text;
    }
    return "no such class";
  }

  std::unique_ptr<testing::ChildProcess> child_;
  std::unique_ptr<ProcessMemory> memory_;
  std::vector<LoadedModule> modules_;
  std::unique_ptr<VtableOracle> oracle_;
  std::vector<Claim> claims_;
};

TEST_P(VtableOracleProcessTest, NamesEveryObject) {
  Start(GetParam());
  size_t objects = 0;
  for (const Claim& claim : claims_) {
    if (claim.kind == "words") continue;
    auto answer = Ask(claim.address);
    ASSERT_TRUE(answer.has_value()) << claim.name;
    const VtableOracle::SeenClass& seen = oracle_->classes()[answer->klass];
    EXPECT_EQ(seen.mangled, claim.name);
    EXPECT_EQ(answer->offset_to_top, -claim.offset) << claim.name;
    EXPECT_EQ(seen.evidence, ClassEvidence::kRtti);
    EXPECT_FALSE(seen.vtable.is_null());
    ++objects;
  }
  EXPECT_EQ(objects, IsStatic(GetParam()) ? 11u : 12u) << "those of the program, and the plugin's";
  EXPECT_EQ(oracle_->unreadable_bases(), 0u);
}

TEST_P(VtableOracleProcessTest, KnowsTheBases) {
  Start(GetParam());
  for (const Claim& claim : claims_) Ask(claim.address);
  EXPECT_EQ(BasesOf("N3zoo5PlainE"), "");
  EXPECT_EQ(BasesOf("N3zoo6SingleE"), "N3zoo5PlainE+0");
  EXPECT_EQ(BasesOf("N3zoo4BothE"), "N3zoo4LeftE+0 N3zoo5RightE+16");
  EXPECT_EQ(BasesOf("N3zoo4WestE"), "virtual N3zoo4ApexE+0");
  EXPECT_EQ(BasesOf("N3zoo7DiamondE"), "N3zoo4WestE+0 N3zoo4EastE+16");
  EXPECT_EQ(BasesOf("N3zoo3BoxIhLi40EEE"), "N3zoo6SingleE+0");
  EXPECT_EQ(BasesOf("N6common13MethodClosureIPN3zoo3EnvEEE"),
            "N6common7ClosureIvJPN3zoo3EnvEEEE+0");
  if (!IsStatic(GetParam())) {
    EXPECT_EQ(BasesOf("N6plugin6WidgetE"), "N6plugin4BaseE+0");
  }
}

TEST_P(VtableOracleProcessTest, OtherWordsAreNoClasses) {
  Start(GetParam());
  auto words = std::ranges::find(claims_, "words", &Claim::kind);
  ASSERT_NE(words, claims_.end());
  for (uint64_t i = 0; i < 3; ++i) EXPECT_FALSE(Ask(words->address + 8 * i).has_value()) << i;
}

// Every word of every module, as a buffer full of pointers could hold it: whatever is taken for a
// class must have a class's name.
TEST_P(VtableOracleProcessTest, NoModuleAddressIsMisread) {
  Start(GetParam());
  size_t classes = 0;
  for (const LoadedModule& module : modules_) {
    for (const Segment& segment : module.segments) {
      if (segment.executable) continue;
      for (Address a = segment.range.begin; a < segment.range.end; a = a + 8) {
        auto answer = oracle_->Classify(a.value());
        if (!answer.has_value()) continue;
        const VtableOracle::SeenClass& seen = oracle_->classes()[answer->klass];
        if (seen.evidence != ClassEvidence::kRtti) continue;
        int error = 0;
        std::free(abi::__cxa_demangle(seen.mangled.c_str(), nullptr, nullptr, &error));
        ASSERT_EQ(error, 0) << seen.mangled;
        ++classes;
      }
    }
  }
  EXPECT_GT(classes, 20u);
}

INSTANTIATE_TEST_SUITE_P(Linked, VtableOracleProcessTest,
                         ::testing::Values("objects_pie", "objects_stripped", "objects_no_pie",
                                           "objects_static", "objects_static_pie",
                                           "objects_no_relro"),
                         [](const auto& info) { return info.param; });

using VtableOracleWithoutRttiTest = VtableOracleProcessTest;

TEST_F(VtableOracleWithoutRttiTest, TellsVtablesApart) {
  Start("objects_no_rtti");
  std::map<uint64_t, size_t> class_of_vtable;
  for (const Claim& claim : claims_) {
    if (claim.kind != "object" || claim.name != "-") continue;
    auto answer = Ask(claim.address);
    ASSERT_TRUE(answer.has_value());
    const VtableOracle::SeenClass& seen = oracle_->classes()[answer->klass];
    EXPECT_EQ(seen.evidence, ClassEvidence::kVtable);
    EXPECT_EQ(seen.mangled, "");
    EXPECT_EQ(seen.vtable.value(), *ReadWord(*memory_, claim.address));
    class_of_vtable[seen.vtable.value()] = answer->klass;
  }
  EXPECT_EQ(class_of_vtable.size(), 8u) << "one for each class";
}

TEST_F(VtableOracleWithoutRttiTest, PluginHasRttiAllTheSame) {
  Start("objects_no_rtti");
  auto plugin = std::ranges::find(claims_, "N6plugin6WidgetE", &Claim::name);
  ASSERT_NE(plugin, claims_.end());
  auto answer = Ask(plugin->address);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(oracle_->classes()[answer->klass].mangled, "N6plugin6WidgetE");
}

}  // namespace
}  // namespace seep
