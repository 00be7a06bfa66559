#include "tests/e2e/support/truth_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace seep::e2e {

TruthLog* TruthLog::Map(const std::string& path) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(TruthLog)) != 0) abort();
  void* memory = mmap(nullptr, sizeof(TruthLog), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) abort();
  return static_cast<TruthLog*>(memory);
}

std::vector<LoggedBlock> BlocksOf(const TruthLog& log) {
  std::vector<LoggedBlock> blocks;
  for (const Place& place : log.places) {
    uint64_t address = place.address.load();
    if (address != 0) blocks.push_back({address, place.size, place.thread});
  }
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

}  // namespace seep::e2e
