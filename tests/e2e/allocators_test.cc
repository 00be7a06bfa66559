// Over allocators that bring their own operator new and delete, every form still comes by us.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/e2e/support/process.h"
#include "tests/e2e/support/recordings.h"
#include "tests/e2e/support/scratch.h"

namespace seep::e2e {
namespace {

struct Allocator {
  const char* name;
  const char* library;
};

class Allocators : public testing::TestWithParam<Allocator> {};

TEST_P(Allocators, EveryFormOfNewAndDelete) {
  std::string library = GetParam().library;
  Scratch scratch;
  Launch launch = Profiled({Program("e2e_pairs")}, "sample=1:output=" + (scratch / "recording"));
  if (!library.empty()) launch.environment[0] += ":" + library;
  ASSERT_EQ(RunToEnd(launch).code, 0);
  Snapshot snapshot = CaptureOrFail(scratch / "recording");
  EXPECT_EQ(SumOf(snapshot, "by", "freed").objects.samples, 0u);
  EXPECT_EQ(SumOf(snapshot, "by", "kept").objects.samples, 400u);
  EXPECT_EQ(CounterOf(CopyOrFail(scratch / "recording"), recording::kMissedFrees), 0u);
}

INSTANTIATE_TEST_SUITE_P(Over, Allocators,
                         testing::Values(Allocator{"glibc", ""},
                                         Allocator{"tcmalloc", SEEP_E2E_TCMALLOC},
                                         Allocator{"jemalloc", SEEP_E2E_JEMALLOC},
                                         Allocator{"mimalloc", SEEP_E2E_MIMALLOC}),
                         [](const auto& allocator) { return allocator.param.name; });

}  // namespace
}  // namespace seep::e2e
