// Looks at single objects, for a terminal.
#pragma once

#include <string>

#include "analysis/names.h"
#include "report/text.h"
#include "snapshot/instances.h"
#include "snapshot/symbol_table.h"

namespace seep {

std::string InstancesText(const Instances& instances, const TextOptions& options,
                          const Shorten& shorten);
std::string WordsText(const WordsLook& words, const SymbolTable& symbols,
                      const TextOptions& options, const Shorten& shorten);
std::string AddressText(const AddressLook& addresses, const SymbolTable& symbols,
                        const TextOptions& options);

}  // namespace seep
