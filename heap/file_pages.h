// A file's contents as a mapping of it shows them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace seep {

// For reading. `path` is hostile: what is no regular file (a device, a FIFO) is not even opened,
// since opening one may do something. INVALID_ARGUMENT there.
absl::StatusOr<UniqueFd> OpenRegularFile(const std::string& path);

// Fills `out` with what a mapping of the file has from `offset` on, and returns the bytes there:
// the file, then zeros to the end of the page that it ends in. Fewer, down to 0, behind that, where
// a process would get SIGBUS, or on an error.
size_t ReadFilePages(int fd, uint64_t offset, std::span<uint8_t> out);

}  // namespace seep
