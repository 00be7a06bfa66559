// What a VtableOracle has seen, in the snapshot's terms.
#pragma once

#include <vector>

#include "heap/class_table.h"
#include "heap/module_table.h"
#include "heap/vtable_oracle.h"

namespace seep {

// By the oracle's index.
std::vector<ClassId> AddOracleClasses(const VtableOracle& oracle, ModuleTable& modules,
                                      ClassTable& classes);

}  // namespace seep
