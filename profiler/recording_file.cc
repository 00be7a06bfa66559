#include "profiler/recording_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/layout.h"
#include "profiler/recording_directory.h"

namespace seep::profiler {
namespace {

using recording::Status;

// statx, because stat's symbol is too new for older systems.
bool Describe(const char* path, struct statx* info) {
  return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID, info) == 0;
}

bool IsDirectory(const char* path) {
  struct statx info {};
  return statx(AT_FDCWD, path, 0, STATX_TYPE, &info) == 0 && S_ISDIR(info.stx_mode);
}

// A directory under a world-writable one must be ours alone: another user could plant links in it.
bool IsOursAlone(const char* path) {
  struct statx info {};
  return Describe(path, &info) && S_ISDIR(info.stx_mode) && info.stx_uid == geteuid() &&
         (info.stx_mode & 022) == 0;
}

void AppendName(const recording::Header& header, Text<512>* path) {
  std::string_view executable = header.executable;
  std::string_view base = Slice(executable, executable.rfind('/') + 1, 64);
  for (char c : base) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '_' || c == '-' || c == '+';
    path->Add(plain ? std::string_view(&c, 1) : "_");
  }
  if (base.empty()) path->Add("unknown");
  path->Add(".").AddNumber(header.pid).Add(".").AddNumber(header.start_ticks);
  path->Add(".").AddNumber(header.random, 16, 16);
}

// Where the file goes. A directory gets a name of ours; a file that exists already is never
// touched: its name is extended.
Status ChoosePath(const Options& options, const recording::Header& header, Text<512>* path) {
  std::string_view output = options.output.view();
  if (output.empty()) {
    path->Add("/dev/shm/seep-").AddNumber(geteuid());
    mkdir(path->c_str(), 0700);
    if (!IsOursAlone(path->c_str())) return Status::kNoDirectory;
    PruneRecordings(path->c_str(), options.keep, options.keep_bytes);
    path->Add("/");
    AppendName(header, path);
    return Status::kRecording;
  }
  path->Add(output);
  if (output.ends_with('/')) mkdir(path->c_str(), 0700);
  if (IsDirectory(path->c_str())) {
    PruneRecordings(path->c_str(), options.keep, options.keep_bytes);
    path->Add("/");
    AppendName(header, path);
    return Status::kRecording;
  }
  if (output.ends_with('/')) return Status::kNoDirectory;
  struct statx info {};
  if (Describe(path->c_str(), &info)) {
    path->Add(".").AddNumber(header.pid).Add(".").AddNumber(header.random, 16, 16);
  }
  return Status::kRecording;
}

Status MapFile(const char* path, std::byte** mapping) {
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return errno == ENOSPC ? Status::kNoSpace : Status::kNoFile;
  Status status = Status::kRecording;
  if (posix_fallocate(fd, 0, static_cast<off_t>(kLayout.file_size)) != 0) {
    status = Status::kNoSpace;
  } else {
    void* memory = mmap(nullptr, kLayout.file_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
      status = Status::kNoMemory;
    } else {
      *mapping = static_cast<std::byte*>(memory);
    }
  }
  close(fd);
  if (status != Status::kRecording) unlink(path);
  return status;
}

}  // namespace

RecordingFile CreateRecordingFile(const Options& options, const recording::Header& header) {
  RecordingFile file;
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < kLayout.file_size) {
    file.status = Status::kFileSizeLimit;
    return file;
  }
  file.status = ChoosePath(options, header, &file.path);
  if (file.status != Status::kRecording) return file;
  file.status = file.path.whole() ? MapFile(file.path.c_str(), &file.mapping) : Status::kNoFile;
  return file;
}

}  // namespace seep::profiler
