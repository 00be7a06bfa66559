// Names in a .seep file. They belong to the modules and classes of the file, not to one snapshot,
// and are written and replaced independently of them. Inside the caller's transaction.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snapshot/sqlite.h"
#include "snapshot/symbol_table.h"

namespace seep {

// `symbols` speaks of ids of snapshot `snapshot`, which is in the file already.
absl::Status StoreSymbols(Database& database, size_t snapshot, const SymbolTable& symbols);
absl::StatusOr<SymbolTable> LoadSymbols(Database& database, size_t snapshot);

}  // namespace seep
