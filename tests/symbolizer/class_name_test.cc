#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "symbolizer/symbolizer.h"
#include "tests/symbolizer/elf_workshop.h"

namespace seep {
namespace {

std::vector<std::string> Names(const Module& module, const std::vector<ClassRequest>& requests) {
  return Symbolizer().Symbolize({&module, 1}, {}, requests).class_names;
}

TEST(ClassNames, ComeFromRttiWhereItIsKnown) {
  std::vector<ClassRequest> requests = {{"N6common7ClosureIFvvEEE", {}}, {"*9OrderLock", {}}, {}};
  EXPECT_EQ(Names(Module(), requests),
            (std::vector<std::string>{"common::Closure<void ()>", "OrderLock", ""}));
}

TEST(ClassNames, ComeFromTheVtableSymbolElse) {
  LoadedFixture fixture("no_rtti");
  auto request = [&](const char* function) {
    return ClassRequest{"", {ModuleId(0), fixture.Call(function)}};
  };
  std::vector<ClassRequest> requests = {request("VtableOfShape"), request("VtableOfPolygon"),
                                        request("VtableOfSecret")};
  requests.push_back({"", {ModuleId(0), 0x10}});  // no vtable there
  EXPECT_EQ(Names(fixture.module(), requests),
            (std::vector<std::string>{"plain::Shape", "plain::Polygon",
                                      "(anonymous namespace)::Secret", ""}));
}

TEST(ClassNames, AreThoseOfTheExportedVtablesInAStrippedFile) {
  TemporaryDirectory directory;
  LoadedFixture fixture("no_rtti");
  Module module = fixture.module();
  module.path = directory.path("app.so");
  Objcopy({"--strip-all", fixture.module().path, module.path});
  std::vector<ClassRequest> requests = {{"", {ModuleId(0), fixture.Call("VtableOfShape")}},
                                        {"", {ModuleId(0), fixture.Call("VtableOfSecret")}}};
  EXPECT_EQ(Names(module, requests), (std::vector<std::string>{"plain::Shape", ""}));
}

}  // namespace
}  // namespace seep
