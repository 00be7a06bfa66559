#include "heap/backing_files.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "heap/file_pages.h"
#include "heap/network_mounts.h"

namespace seep {
namespace {

// Databases map tens of thousands of files; we may have 1024 open.
constexpr size_t kMaxOpen = 256;

bool IsSharedMemory(int fd) {
  struct statfs info {};
  if (fstatfs(fd, &info) != 0) return true;
  return info.f_type == TMPFS_MAGIC || info.f_type == HUGETLBFS_MAGIC;
}

bool HasInode(int fd, uint64_t inode) {
  struct stat info {};
  return fstat(fd, &info) == 0 && info.st_ino == inode;
}

}  // namespace

BackingFiles::BackingFiles(uint32_t pid, bool may_swap_in) : pid_(pid), may_swap_in_(may_swap_in) {
  absl::StatusOr<std::string> mounts = ReadFile(absl::StrCat("/proc/", pid, "/mountinfo"));
  if (mounts.ok()) network_devices_ = NetworkDevices(*mounts);
}

size_t BackingFiles::Read(const Mapping& mapping, Address from, std::span<uint8_t> out) const {
  if (!mapping.has_file() || !mapping.range.contains(from)) return 0;
  File file = FileOf(mapping);
  if (file == nullptr) return 0;
  uint64_t into = from - mapping.range.begin;
  return ReadFilePages(file->get(), mapping.file_offset + into,
                       out.first(std::min<uint64_t>(out.size(), mapping.range.end - from)));
}

BackingFiles::File BackingFiles::FileOf(const Mapping& mapping) const {
  std::string key = absl::StrCat(mapping.device, " ", mapping.inode, mapping.shared ? " s " : " p ",
                                 mapping.path);
  std::lock_guard lock(mutex_);
  auto known = files_.find(key);
  if (known != files_.end()) return known->second;
  if (files_.size() >= kMaxOpen) files_.clear();
  return files_[key] = Open(mapping);
}

// map_files leads to the very file, deleted or not, where one may use it (CAP_SYS_ADMIN); a path
// leads to it if the inode is the same, for the number of a mapped file is not given away.
BackingFiles::File BackingFiles::Open(const Mapping& mapping) const {
  if (network_devices_.contains(mapping.device)) return nullptr;
  absl::StatusOr<UniqueFd> fd = OpenRegularFile(absl::StrFormat(
      "/proc/%d/map_files/%x-%x", pid_, mapping.range.begin.value(), mapping.range.end.value()));
  if (!fd.ok() && !mapping.deleted) {
    fd = OpenRegularFile(absl::StrCat("/proc/", pid_, "/root", mapping.path));
    if (fd.ok() && !HasInode(fd->get(), mapping.inode)) return nullptr;
  }
  if (!fd.ok()) return nullptr;
  if (mapping.shared && !may_swap_in_ && IsSharedMemory(fd->get())) return nullptr;
  return std::make_shared<const UniqueFd>(*std::move(fd));
}

}  // namespace seep
