#include "heap/mapped_recordings.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/page_map.h"
#include "heap/proc_maps.h"
#include "heap/process_memory.h"
#include "snapshot/recording_format.h"

namespace seep {
namespace {

// Looks before it opens: opening a device or a pipe may do something.
UniqueFd OpenIfRegular(const std::string& path, int* error) {
  UniqueFd handle(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!handle.ok() || fstat(handle.get(), &info) != 0) {
    *error = errno;
    return {};
  }
  if (!S_ISREG(info.st_mode)) {
    *error = ENOENT;
    return {};
  }
  std::string again = absl::StrCat("/proc/self/fd/", handle.get());
  UniqueFd fd(open(again.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.ok()) *error = errno;
  return fd;
}

// map_files leads to the very file, whatever has become of its name, but wants
// CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN (proc(5)); the name in the process's own root wants less.
// (That both are the same file cannot be told by the inode: overlayfs shows another one in maps.)
absl::StatusOr<UniqueFd> OpenMapped(uint32_t pid, const Mapping& mapping) {
  std::string exact = absl::StrFormat("/proc/%d/map_files/%x-%x", pid, mapping.range.begin.value(),
                                      mapping.range.end.value());
  int error = 0;
  UniqueFd fd = OpenIfRegular(exact, &error);
  if (!fd.ok() && !mapping.deleted) {
    int ignored = 0;
    fd = OpenIfRegular(absl::StrCat("/proc/", pid, "/root", mapping.path), &ignored);
  }
  if (fd.ok()) return fd;
  if (error != EPERM && error != EACCES) return FileError(exact, "cannot open", error);
  return absl::PermissionDeniedError(
      absl::StrCat("process ", pid, ": what it maps from ", mapping.path,
                   " may not be opened; run seep as root, or with CAP_CHECKPOINT_RESTORE"));
}

// Where the file itself may not be opened. The writer of a recording has touched its first page,
// and a page that is not there is not for us to touch.
bool MayBeRecording(uint32_t pid, const Mapping& mapping) {
  std::array<uint8_t, sizeof(recording::kMagic)> head;
  absl::StatusOr<PageMap> pages = PageMap::Open(pid);
  absl::StatusOr<ProcessMemory> memory = ProcessMemory::Open(pid);
  if (!pages.ok() || !memory.ok()) return true;
  return pages->IsPresent(mapping.range.begin, head.size()) &&
         memory->Read(mapping.range.begin, head) == head.size() &&
         std::memcmp(head.data(), recording::kMagic, head.size()) == 0;
}

}  // namespace

absl::StatusOr<std::vector<MappedRecording>> FindMappedRecordings(uint32_t pid) {
  SEEP_ASSIGN_OR_RETURN(std::vector<Mapping> maps, ReadMaps(pid));
  std::vector<MappedRecording> found;
  absl::Status trouble;
  for (const Mapping& mapping : maps) {
    if (!mapping.shared || !mapping.writable || !mapping.has_file() || mapping.file_offset != 0) {
      continue;
    }
    absl::StatusOr<UniqueFd> fd = OpenMapped(pid, mapping);
    if (!fd.ok()) {
      if (absl::IsPermissionDenied(fd.status()) && MayBeRecording(pid, mapping)) {
        trouble.Update(fd.status());
      }
      continue;
    }
    if (!HasRecordingMagic(fd->get())) continue;
    absl::StatusOr<RecordingFile> file = RecordingFile::Adopt(*std::move(fd), mapping.path);
    if (file.ok()) {
      found.push_back({*std::move(file), mapping.range});
    } else {
      trouble.Update(file.status());
    }
  }
  if (found.empty() && !trouble.ok()) return trouble;
  return found;
}

bool IsRecordingOf(const recording::Header& header, const ProcessIdentity& process) {
  return header.pid == process.pid_in_namespace && header.start_ticks == process.start_ticks;
}

absl::StatusOr<MappedRecording> FindOwnRecording(uint32_t pid) {
  SEEP_ASSIGN_OR_RETURN(ProcessIdentity process, ReadProcessIdentity(pid));
  SEEP_ASSIGN_OR_RETURN(std::vector<MappedRecording> mapped, FindMappedRecordings(pid));
  for (MappedRecording& candidate : mapped) {
    if (IsRecordingOf(candidate.file.header(), process)) return std::move(candidate);
  }
  if (!mapped.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "process ", pid, ": it has not taken a sample since it was forked; the recording that it ",
        "maps, ", mapped[0].file.name(), ", is its parent's (pid ", mapped[0].file.header().pid,
        ")"));
  }
  return absl::NotFoundError(absl::StrCat(
      "process ", pid, ": it runs without Seep, or has not taken a sample yet; start it with ",
      "`seep run -- COMMAND` or with LD_PRELOAD=libseep.so"));
}

bool IsSameRecording(const recording::Header& a, const recording::Header& b) {
  return a.random == b.random && a.started.monotonic_ns == b.started.monotonic_ns;
}

}  // namespace seep
