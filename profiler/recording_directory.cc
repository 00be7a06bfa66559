#include "profiler/recording_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "profiler/small_file.h"
#include "profiler/text.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {
namespace {

// readdir allocates; this is the kernel's own record (getdents64(2)).
struct DirectoryEntry {
  uint64_t inode;
  int64_t next;
  uint16_t length;
  uint8_t type;
  char name[];
};

struct Candidate {
  int64_t modified;  // seconds
  uint64_t bytes;
  char name[160];
};
constexpr uint32_t kMaxCandidates = 256;
constinit Candidate
    g_candidates[kMaxCandidates]{};  // in .bss: too large for a stack. Only the creator is here

// EXE.PID.TICKS.16 hex digits
bool HasOurName(std::string_view name) {
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot - 1 != 16 || name.size() >= 160)
    return false;
  for (char c : Slice(name, dot + 1)) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return std::count(name.begin(), name.end(), '.') >= 3;
}

// Alive, or in another pid namespace or not readable: not to be deleted.
bool MayBeInUse(int directory, const char* name) {
  static recording::Header header;
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return true;
  ssize_t n = pread(fd, &header, sizeof(header), 0);
  close(fd);
  if (n != static_cast<ssize_t>(sizeof(header)) ||
      memcmp(header.magic, recording::kMagic, sizeof(header.magic)) != 0) {
    return true;
  }
  char buffer[64];
  std::string_view boot = ReadSmallFile("/proc/sys/kernel/random/boot_id", buffer, sizeof(buffer));
  if (Slice(boot, 0, 36) != std::string_view(header.boot_id, 36)) return false;  // before a reboot
  char link[64];
  Text<64> expected;
  expected.Add("pid:[").AddNumber(header.pid_namespace).Add("]");
  ssize_t length = readlink("/proc/self/ns/pid", link, sizeof(link));
  if (length < 0 || expected.view() != std::string_view(link, static_cast<size_t>(length))) {
    return true;
  }
  return kill(static_cast<pid_t>(header.pid), 0) == 0 || errno != ESRCH;
}

uint32_t CollectDead(int directory) {
  static char buffer[16384];
  uint32_t count = 0;
  for (int reads = 0; reads < 16; ++reads) {
    long n = syscall(SYS_getdents64, directory, buffer, sizeof(buffer));
    if (n <= 0) break;
    for (long at = 0; at < n && count < kMaxCandidates;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      at += entry->length;
      std::string_view name = entry->name;
      struct statx info {};
      if (!HasOurName(name) ||
          statx(directory, entry->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &info) != 0 ||
          !S_ISREG(info.stx_mode) || info.stx_uid != geteuid() ||
          MayBeInUse(directory, entry->name)) {
        continue;
      }
      Candidate& candidate = g_candidates[count++];
      candidate.modified = info.stx_mtime.tv_sec;
      candidate.bytes = info.stx_size;
      memcpy(candidate.name, name.data(), name.size());
      candidate.name[name.size()] = '\0';
    }
  }
  return count;
}

}  // namespace

void PruneRecordings(const char* path, uint64_t keep, uint64_t keep_bytes) {
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  uint32_t count = CollectDead(directory);
  std::sort(g_candidates, g_candidates + count,
            [](const Candidate& a, const Candidate& b) { return a.modified > b.modified; });
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    bytes += g_candidates[i].bytes;
    if (i >= keep || bytes > keep_bytes) unlinkat(directory, g_candidates[i].name, 0);
  }
  close(directory);
}

}  // namespace seep::profiler
