// The class of every block of a heap as Seep sees it, held against what the program says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "heap/target.h"
#include "tests/e2e/support/census_truth.h"

namespace seep::e2e {

struct ClassedHeap {
  WalkedBlocks walked;
  std::map<uint64_t, std::string> classes;  // by block; of an array "Cell[5]"; none: not in it
  uint64_t discrepancy = 0;
  std::vector<std::string> allocators;
};

ClassedHeap ReadHeap(const Target& target);

// Blocks of the truth with another class than they have, with one where there is none, or without.
// `rtti`: of a program without it, other names are right: "(vtable at server+0x1f40)", the same for
// all objects of a class and for no others.
uint64_t WrongClasses(const ClassedHeap& heap, const CensusTruth& truth, bool rtti);

}  // namespace seep::e2e
