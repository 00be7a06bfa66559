// Where gdb finds our scripts.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace seep {

// The script for `gdb -x`: the installed one if it is of this very seep, else one that is written
// out now, to the directory seep-UID among the temporary files. PERMISSION_DENIED: that directory
// is not ours alone.
absl::StatusOr<std::string> GdbScriptPath();

}  // namespace seep
