// The one finding that a reader should see first.
#pragma once

#include <optional>

#include "analysis/findings.h"
#include "analysis/group.h"

namespace seep {

// None when no block is alive.
//
// What leads is ranked by
//
//     later bytes × (1 − freed share of its sites)
//
// so that what was allocated at start-up and stays (later bytes 0) and what turns over, as in a
// cache that is full (freed share near 1), come behind what only ever grows. Where nothing was born
// later, as in a run of a second, live bytes stand in. This orders findings; it judges none.
//
// Blocks without a class are no group of their own kind, so each of their sites stands for itself.
std::optional<Headline> Lead(const Tables& tables, const Quantity& live, double observation_s);

}  // namespace seep
