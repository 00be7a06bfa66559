// Findings as one page: a single file, opened from disk, that asks the network for nothing and runs
// no script.
#pragma once

#include <string>

#include "analysis/findings.h"

namespace seep {

// Shows the leading rows of each table and says how many there are; --json has them all.
std::string Html(const Findings& findings);

}  // namespace seep
