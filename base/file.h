// Whole files in and out. Every error names the file and the cause.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace seep {

// At most `limit` bytes; a longer file is an error. Works for /proc, whose files have no size.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t limit = uint64_t{64} << 20);

// The first `size` bytes, or as many as there are.
absl::StatusOr<std::string> ReadHead(const std::string& path, size_t size);

// Writes beside `path` and renames: a reader sees the old file or the whole new one.
absl::Status WriteFile(const std::string& path, std::string_view contents);

// A private read-only mapping of a regular file. The bytes may change under us when another process
// writes the file, and a file cut short raises SIGBUS: for files that others write, use ReadFile.
class MappedFile {
 public:
  static absl::StatusOr<MappedFile> Open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, std::span<const uint8_t> bytes);
  std::string path_;
  std::span<const uint8_t> bytes_;
};

// "/dir/name: No such file or directory" with the right status code for `error` (an errno).
absl::Status FileError(std::string_view path, std::string_view what, int error);

}  // namespace seep
