// Opening .seep files: what is checked before a single row is believed.
//
//   header    SQLite's, Seep's application_id, a version that we know, a rollback journal (100
//   bytes,
//             before SQLite looks at them)
//   journal   of an append that was killed: rolled back, so that only whole snapshots are seen
//   schema    exactly ours: no foreign table, view, index or trigger
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snapshot/sqlite.h"

namespace seep {

// INVALID_ARGUMENT: not a .seep file, or of a newer version; DATA_LOSS: damaged or forged.
absl::StatusOr<Database> OpenForReading(const std::string& path);

absl::StatusOr<Database> OpenForWriting(const std::string& path);

// As OpenForWriting, but makes the file (mode 0600) and its schema where there is none.
absl::StatusOr<Database> OpenOrCreate(const std::string& path);

absl::StatusOr<size_t> CountSnapshots(Database& database);
absl::Status CheckSnapshotIndex(const Database& database, size_t index, size_t count);

}  // namespace seep
