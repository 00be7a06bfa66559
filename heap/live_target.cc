#include "heap/live_target.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "heap/page_map.h"
#include "heap/process_memory.h"
#include "heap/thread_list.h"

namespace seep {

absl::StatusOr<std::unique_ptr<LiveTarget>> LiveTarget::Open(uint32_t pid,
                                                             const LiveTargetOptions& options) {
  SEEP_ASSIGN_OR_RETURN(ProgramWatch watch, ProgramWatch::Start(pid));
  uint32_t memory_of = options.copy != 0 ? options.copy : pid;
  SEEP_ASSIGN_OR_RETURN(ProcessMemory process, ProcessMemory::Open(memory_of));
  // Before the maps: it is tied to the address space of this moment, the maps are not.
  absl::StatusOr<PageMap> pages = PageMap::Open(memory_of);
  SEEP_ASSIGN_OR_RETURN(std::vector<Mapping> maps, ReadMaps(memory_of));

  std::optional<PageMap> known = std::nullopt;
  if (pages.ok()) known = *std::move(pages);
  std::unique_ptr<LiveTarget> live(
      new LiveTarget(std::move(watch), process, std::move(known), std::move(maps), options));
  if (!pages.ok()) {
    live->dropped_.push_back({"page states", 1,
                              absl::StrCat(pages.status().message(),
                                           ": shared memory is not read, and reading private "
                                           "memory may have touched pages of the process")});
  }
  SEEP_RETURN_IF_ERROR(live->StillTheSame());
  return live;
}

LiveTarget::LiveTarget(ProgramWatch watch, const ProcessMemory& process,
                       std::optional<PageMap> pages, std::vector<Mapping> maps,
                       const LiveTargetOptions& options)
    : watch_(std::move(watch)),
      memory_(watch_.identity().pid, process, std::move(pages), maps, options.read_swapped) {
  target_.memory = &memory_;
  target_.modules = FindModules(memory_, maps);
  target_.maps = std::move(maps);
  target_.threads = ReadThreads(watch_.identity().pid);
}

absl::Status LiveTarget::StillTheSame() const {
  SEEP_RETURN_IF_ERROR(watch_.StillTheSame("while its memory was read"));
  if (memory_.pages() == nullptr || memory_.pages()->IsAlive()) return absl::OkStatus();
  return absl::AbortedError(
      absl::StrCat("process ", watch_.identity().pid, ": its copy ended while it was read"));
}

}  // namespace seep
