// Snapshots to report on: a proxy that leaks closures, and one whose names mean harm.
#pragma once

#include <string>

#include "analysis/analyze.h"

namespace seep {

// A leak as in examples/coordination_proxy, beside healthy traffic and a start-up table.
Findings ProxyFindings();

// Every name that a report shows is `name`: class, base, function, file, module, label, notice.
Findings HostileFindings(const std::string& name);

// Closes tags and quotes, moves the cursor, rings, reverses the line, is no UTF-8, and is longer
// than 10,000 characters.
std::string HostileName();

}  // namespace seep
