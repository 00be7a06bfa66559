// Where a snapshot is kept if nobody says.
#pragma once

#include <string>

#include "snapshot/snapshot.h"

namespace seep {

// "server.1234.seep", in the current directory.
std::string DefaultSeepFile(const ProcessFacts& process);

}  // namespace seep
