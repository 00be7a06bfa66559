#include "heap/file_pages.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace seep {

absl::StatusOr<UniqueFd> OpenRegularFile(const std::string& path) {
  // O_PATH finds the file without opening it.
  UniqueFd found(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found.ok()) return FileError(path, "cannot open", errno);
  struct stat info {};
  if (fstat(found.get(), &info) != 0) return FileError(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(path + ": not a regular file");
  UniqueFd fd(open(absl::StrCat("/proc/self/fd/", found.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  return fd;
}

size_t ReadFilePages(int fd, uint64_t offset, std::span<uint8_t> out) {
  constexpr uint64_t kMaxOffset = std::numeric_limits<off_t>::max();
  size_t done = 0;
  while (done < out.size() && offset + done <= kMaxOffset) {
    ssize_t n = pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return done;
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  if (done == out.size()) return done;

  struct stat info {};
  if (fstat(fd, &info) != 0 || info.st_size <= 0) return done;
  auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t mapped_end = (static_cast<uint64_t>(info.st_size) + page - 1) / page * page;
  if (offset + done < static_cast<uint64_t>(info.st_size) || offset + done >= mapped_end) {
    return done;
  }
  size_t zeros = std::min<uint64_t>(out.size() - done, mapped_end - offset - done);
  std::fill_n(out.data() + done, zeros, uint8_t{0});
  return done + zeros;
}

}  // namespace seep
