#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace seep {

absl::Status FileError(std::string_view path, std::string_view what, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(absl::string_view(path.data(), path.size()), ": ",
                                                 absl::string_view(what.data(), what.size())));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t limit) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  std::string contents;
  char buffer[1 << 16];
  for (;;) {
    ssize_t n = read(fd.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path, "cannot read", errno);
    if (n == 0) return contents;
    contents.append(buffer, static_cast<size_t>(n));
    if (contents.size() > limit) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": larger than the limit of ", limit, " bytes"));
    }
  }
}

absl::StatusOr<std::string> ReadHead(const std::string& path, size_t size) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  std::string head(size, '\0');
  ssize_t n = pread(fd.get(), head.data(), size, 0);
  if (n < 0) return FileError(path, "cannot read", errno);
  head.resize(static_cast<size_t>(n));
  return head;
}

namespace {

absl::Status WriteAll(int fd, const std::string& path, std::string_view contents) {
  while (!contents.empty()) {
    ssize_t n = write(fd, contents.data(), contents.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path, "cannot write", errno);
    contents.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFile(const std::string& path, std::string_view contents) {
  std::string temporary = absl::StrCat(path, ".part.", getpid());
  UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.ok()) return FileError(temporary, "cannot create", errno);
  absl::Status status = WriteAll(fd.get(), temporary, contents);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = FileError(path, "cannot rename into place", errno);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

MappedFile::MappedFile(std::string path, std::span<const uint8_t> bytes)
    : path_(std::move(path)), bytes_(bytes) {}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  // munmap wants a mutable pointer; the mapping itself is read-only.
  if (!bytes_.empty()) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

absl::StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return FileError(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(path + ": not a regular file");
  auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return MappedFile(path, {});
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return FileError(path, "cannot map", errno);
  return MappedFile(path, {static_cast<const uint8_t*>(data), size});
}

}  // namespace seep
