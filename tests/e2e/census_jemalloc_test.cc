// jemalloc's heap from outside, in programs that know every block of it.
#include <gtest/gtest.h>

#include "heap/jemalloc/find.h"
#include "tests/e2e/support/census_walk.h"

namespace seep::e2e {
namespace {

struct JemallocCase {
  std::string name;
  std::string program = "census_truth";
  std::vector<std::string> arguments = {};
  std::string options = {};  // MALLOC_CONF
  bool preload = true;
  uint64_t retaken = 0;  // its profiler notes each sample in a block of the same heap
};

class CensusJemalloc : public testing::TestWithParam<JemallocCase> {};

TEST_P(CensusJemalloc, EveryBlockIsKnown) {
  const JemallocCase& parameter = GetParam();
  Launch launch{.command = {Program(parameter.program)}};
  launch.command.insert(launch.command.end(), parameter.arguments.begin(),
                        parameter.arguments.end());
  launch.environment = {"MALLOC_CONF=" + parameter.options};
  if (parameter.preload) launch.environment.push_back("LD_PRELOAD=" SEEP_E2E_JEMALLOC);
  ExpectExactWalk(launch, FindJemalloc, parameter.retaken);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CensusJemalloc,
    testing::Values(
        JemallocCase{.name = "Preloaded"},
        JemallocCase{.name = "Stripped", .program = "census_truth_stripped"},
        JemallocCase{.name = "Linked", .program = "census_truth_jemalloc", .preload = false},
        JemallocCase{.name = "Static", .program = "census_truth_jemalloc_static", .preload = false},
        JemallocCase{.name = "FreedElsewhere", .program = "e2e_freed_elsewhere"},
        JemallocCase{.name = "Over2GiB", .arguments = {"--mib", "2200"}},
        JemallocCase{.name = "OneArena", .options = "narenas:1"},
        JemallocCase{.name = "NoCaches", .options = "tcache:false"},
        JemallocCase{.name = "Profiled", .options = "prof:true,lg_prof_sample:12", .retaken = 5}),
    [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace seep::e2e
