#include "heap/live_target.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "heap/page_map.h"
#include "heap/process_memory.h"
#include "heap/thread_list.h"

namespace seep {
namespace {

// "device:inode path"; empty: it has none (any more).
std::string ProgramOf(uint32_t pid) {
  std::string link = absl::StrCat("/proc/", pid, "/exe");
  struct stat info {};
  if (stat(link.c_str(), &info) != 0) return "";
  std::string path(PATH_MAX, '\0');
  path.resize(
      static_cast<size_t>(std::max<ssize_t>(0, readlink(link.c_str(), path.data(), path.size()))));
  return absl::StrCat(info.st_dev, ":", info.st_ino, " ", path);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveTarget>> LiveTarget::Open(uint32_t pid,
                                                             const LiveTargetOptions& options) {
  SEEP_ASSIGN_OR_RETURN(ProcessIdentity identity, ReadProcessIdentity(pid));
  if (identity.ended) {
    return absl::NotFoundError(absl::StrCat(
        "process ", pid, ": it has ended (a zombie that its parent has not collected yet)"));
  }
  uint32_t memory_of = options.copy != 0 ? options.copy : pid;
  SEEP_ASSIGN_OR_RETURN(ProcessMemory process, ProcessMemory::Open(memory_of));
  // Before the maps: it is tied to the address space of this moment, the maps are not.
  absl::StatusOr<PageMap> pages = PageMap::Open(memory_of);
  std::string program = ProgramOf(pid);
  SEEP_ASSIGN_OR_RETURN(std::vector<Mapping> maps, ReadMaps(memory_of));

  std::optional<PageMap> known = std::nullopt;
  if (pages.ok()) known = *std::move(pages);
  std::unique_ptr<LiveTarget> live(new LiveTarget(std::move(identity), std::move(program), process,
                                                  std::move(known), std::move(maps), options));
  if (!pages.ok()) {
    live->dropped_.push_back({"page states", 1,
                              absl::StrCat(pages.status().message(),
                                           ": shared memory is not read, and reading private "
                                           "memory may have touched pages of the process")});
  }
  SEEP_RETURN_IF_ERROR(live->StillTheSame());
  return live;
}

LiveTarget::LiveTarget(ProcessIdentity identity, std::string program, const ProcessMemory& process,
                       std::optional<PageMap> pages, std::vector<Mapping> maps,
                       const LiveTargetOptions& options)
    : identity_(std::move(identity)),
      program_(std::move(program)),
      memory_(identity_.pid, process, std::move(pages), maps, options.read_swapped) {
  target_.memory = &memory_;
  target_.modules = FindModules(memory_, maps);
  target_.maps = std::move(maps);
  target_.threads = ReadThreads(identity_.pid);
}

absl::Status LiveTarget::StillTheSame() const {
  std::string name = absl::StrCat("process ", identity_.pid);
  absl::StatusOr<ProcessIdentity> now = ReadProcessIdentity(identity_.pid);
  if (!now.ok() || now->ended || now->start_ticks != identity_.start_ticks) {
    return absl::AbortedError(name + ": it ended while its memory was read");
  }
  bool same_space = memory_.pages() == nullptr || memory_.pages()->IsAlive();
  if (!same_space || ProgramOf(identity_.pid) != program_) {
    return absl::AbortedError(name + ": it replaced its program (exec) while its memory was read");
  }
  return absl::OkStatus();
}

}  // namespace seep
