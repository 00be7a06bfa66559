// Snapshots with everything in them that a snapshot may hold: hostile strings, extreme numbers,
// equal rows, missing ids. The same seed gives the same snapshot.
#pragma once

#include <cstdint>
#include <memory>

#include "snapshot/snapshot.h"
#include "snapshot/symbol_table.h"

namespace seep {

struct RandomSize {
  size_t blocks = 60;
  size_t stacks = 20;
  size_t classes = 12;
};

std::shared_ptr<const Snapshot> RandomSnapshot(uint64_t seed, const RandomSize& size = {});
SymbolTable RandomSymbols(uint64_t seed, const Snapshot& snapshot);

// Fails the test where the two differ in more than the numbering of stacks, or in stacks that
// nothing refers to.
void ExpectSameSnapshot(const Snapshot& expected, const Snapshot& found);

}  // namespace seep
