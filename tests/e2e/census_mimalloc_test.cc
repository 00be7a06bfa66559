// mimalloc's heap from outside, in programs that know every block of it.
#include <gtest/gtest.h>

#include "heap/mimalloc/find.h"
#include "tests/e2e/support/census_walk.h"

namespace seep::e2e {
namespace {

Launch Preloaded(std::vector<std::string> command) {
  return {.command = std::move(command), .environment = {"LD_PRELOAD=" SEEP_E2E_MIMALLOC}};
}

TEST(CensusMimalloc, Preloaded) {
  ExpectExactWalk(Preloaded({Program("census_truth")}), FindMimalloc);
}

TEST(CensusMimalloc, Stripped) {
  ExpectExactWalk(Preloaded({Program("census_truth_stripped")}), FindMimalloc);
}

TEST(CensusMimalloc, BlockOver2GiB) {
  ExpectExactWalk(Preloaded({Program("census_truth"), "--mib", "2200"}), FindMimalloc);
}

// Blocks on the lists of delayed frees and of other threads' frees.
TEST(CensusMimalloc, FreedElsewhere) {
  ExpectExactWalk(Preloaded({Program("e2e_freed_elsewhere")}), FindMimalloc);
}

}  // namespace
}  // namespace seep::e2e
