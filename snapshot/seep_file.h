// The .seep file: a series of snapshots of one or several processes, and names for them. A SQLite
// database that anybody may query (docs/seep_file.md); modules, classes, labels and stacks are
// stored once for all snapshots.
//
// Appending is one transaction: a reader sees the snapshots that were finished, also after a
// SIGKILL or a power cut. Several processes may append and read at the same time; they wait for
// each other for up to 10 s (then: UNAVAILABLE).
//
// Every error names the file, and where the content is at fault the table, the row and what was
// expected (DATA_LOSS). Time and memory are bounded by the size of the file, whatever is in it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snapshot/snapshot.h"
#include "snapshot/symbol_table.h"

namespace seep {

class Database;

// Adds one snapshot and the names that are known by now; creates the file, mode 0600, where there
// is none. No string may be longer than 1 MiB. Cost: 0.3 s for 65,536 blocks and
// 84,000 stack nodes.
absl::Status AppendSnapshot(const std::string& path, const Snapshot& snapshot,
                            const SymbolTable& symbols);

// Adds names for what snapshot `index` holds; they count for all snapshots of the file. A name
// replaces an older one; a reason why there is no name replaces only another such reason.
absl::Status WriteSymbols(const std::string& path, size_t index, const SymbolTable& symbols);

// For one thread at a time.
class SeepFile {
 public:
  static absl::StatusOr<SeepFile> Open(const std::string& path);
  SeepFile(SeepFile&&) noexcept;
  SeepFile& operator=(SeepFile&&) noexcept;
  ~SeepFile();

  size_t snapshot_count() const { return snapshot_count_; }  // when it was opened

  // As it was appended, but for the order of stack ids, and without stacks that nothing refers to.
  // Cost: 0.1 s for 65,536 blocks.
  absl::StatusOr<std::shared_ptr<const Snapshot>> ReadSnapshot(size_t index);

  // All names that the file has for the modules and classes of snapshot `index`.
  absl::StatusOr<SymbolTable> ReadSymbols(size_t index);

 private:
  SeepFile(std::unique_ptr<Database> database, size_t snapshot_count);
  std::unique_ptr<Database> database_;
  size_t snapshot_count_;
};

}  // namespace seep
