#include "heap/recording_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "heap/process_identity.h"
#include "heap/recorded_text.h"
#include "heap/recording_file.h"

namespace seep {
namespace {

FoundRecording Describe(const RecordingFile& file) {
  const recording::Header& header = file.header();
  bool alive =
      FindProcess(FixedText(header.boot_id), header.pid_namespace, header.pid, header.start_ticks)
          .has_value();
  return {.path = file.name(),
          .executable = FixedText(header.executable),
          .host = FixedText(header.host),
          .pid = header.pid,
          .alive = alive,
          .started_real_ns = static_cast<int64_t>(header.started.real_ns),
          .created_real_ns = static_cast<int64_t>(header.created.real_ns),
          .bytes = file.size()};
}

// Looks before it opens: opening a device or a pipe may do something.
UniqueFd OpenIfRegular(int directory, const char* name) {
  struct stat info {};
  if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
    return {};
  }
  return UniqueFd(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

absl::StatusOr<std::vector<FoundRecording>> FindRecordings(const std::string& directory,
                                                           std::optional<uint32_t> pid) {
  std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (entries == nullptr) return FileError(directory, "cannot read the directory", errno);
  std::vector<FoundRecording> found;
  while (const dirent* entry = readdir(entries.get())) {
    UniqueFd fd = OpenIfRegular(dirfd(entries.get()), entry->d_name);
    if (!fd.ok() || !HasRecordingMagic(fd.get())) continue;
    std::string path = absl::StrCat(directory, "/", entry->d_name);
    absl::StatusOr<RecordingFile> file = RecordingFile::Adopt(std::move(fd), path);
    if (file.ok()) {
      if (!pid.has_value() || file->header().pid == *pid) found.push_back(Describe(*file));
    } else if (!pid.has_value()) {
      found.push_back({.path = path, .problem = std::string(file.status().message())});
    }
  }
  std::ranges::sort(found, std::greater<>(), &FoundRecording::created_real_ns);
  return found;
}

}  // namespace seep
