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
//     (later bytes + early bytes / 20) × (1 − freed share of its sites)
//
// where early is what was born in the first tenth of the observation: so what was allocated at
// start-up and stays, and what turns over, as in a cache that is full (freed share near 1), come
// behind what only ever grows, and a burst that dwarfs all else leads even if it came early. This
// orders findings; it judges none.
//
// Blocks without a class are no group of their own kind, so each of their sites stands for itself;
// where no stacks are known, each kind of content and size that is in memory.
std::optional<Headline> Lead(const Tables& tables, const Quantity& live, double observation_s);

}  // namespace seep
