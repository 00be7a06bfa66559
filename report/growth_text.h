// Growth between two looks, for a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "analysis/growth.h"
#include "report/text.h"

namespace seep {

// What grew by class, by how much a second, and when the memory limit is reached at that rate.
// Of `options`: width, color, rows, next_command.
std::string GrowthText(const Growth& growth, const ProcessFacts& now, const TextOptions& options);

}  // namespace seep
