// Runs a program that knows its heap, stops it, and walks the heap from outside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/target.h"
#include "tests/e2e/support/process.h"

namespace seep::e2e {

using FindWalkers = std::function<std::vector<std::unique_ptr<AllocatorWalker>>(
    const Target&, std::vector<Dropped>*)>;

// `launch`: census_truth, or another that writes such a file, without the file's name, which is
// put first. Expects one walker, and of it every live block, no freed one, and no discrepancy;
// prints what it found. `retaken`: up to so many freed places, which the allocator itself may have
// taken again for its own notes.
void ExpectExactWalk(Launch launch, const FindWalkers& find, uint64_t retaken = 0);

}  // namespace seep::e2e
