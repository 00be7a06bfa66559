// Looks at single objects, for scripts. Addresses are strings: "0x7f12…".
#pragma once

#include <string>

#include "snapshot/instances.h"
#include "snapshot/symbol_table.h"

namespace seep {

std::string InstancesJson(const Instances& instances);
std::string WordsJson(const WordsLook& words, const SymbolTable& symbols);
std::string AddressJson(const AddressLook& addresses, const SymbolTable& symbols);

}  // namespace seep
