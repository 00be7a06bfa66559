#include "profiler/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace seep::profiler {

std::string_view ReadSmallFile(const char* path, char* buffer, size_t size) {
  int saved = errno;
  std::string_view contents;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    ssize_t n = read(fd, buffer, size);
    if (n > 0) contents = {buffer, static_cast<size_t>(n)};
    close(fd);
  }
  errno = saved;
  return contents;
}

bool ParseNumber(std::string_view text, unsigned long long* value) {
  *value = 0;
  size_t digits = 0;
  for (char c : text) {
    if (c < '0' || c > '9' || digits == 19) break;
    *value = *value * 10 + static_cast<unsigned long long>(c - '0');
    ++digits;
  }
  return digits > 0;
}

}  // namespace seep::profiler
