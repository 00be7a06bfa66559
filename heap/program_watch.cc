#include "heap/program_watch.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace seep {
namespace {

// Not by its path: a package upgrade deletes the files of running programs.
std::string ProgramOf(uint32_t pid) {
  struct stat info {};
  if (stat(absl::StrCat("/proc/", pid, "/exe").c_str(), &info) != 0) return "";
  return absl::StrCat(info.st_dev, ":", info.st_ino);
}

}  // namespace

absl::StatusOr<ProgramWatch> ProgramWatch::Start(uint32_t pid) {
  SEEP_ASSIGN_OR_RETURN(ProcessIdentity identity, ReadProcessIdentity(pid));
  if (identity.ended) {
    return absl::NotFoundError(absl::StrCat(
        "process ", pid, ": it has ended (a zombie that its parent has not collected yet)"));
  }
  absl::StatusOr<PageMap> pages = PageMap::Open(pid);
  std::optional<PageMap> known = std::nullopt;
  if (pages.ok()) known = *std::move(pages);
  return ProgramWatch(std::move(identity), std::move(known), ProgramOf(pid));
}

ProgramWatch::ProgramWatch(ProcessIdentity identity, std::optional<PageMap> pages,
                           std::string program)
    : identity_(std::move(identity)), pages_(std::move(pages)), program_(std::move(program)) {}

absl::Status ProgramWatch::StillTheSame(std::string_view meanwhile) const {
  auto aborted = [&](std::string_view what) {
    return absl::AbortedError(absl::StrCat("process ", identity_.pid, ": it ",
                                           absl::string_view(what.data(), what.size()), " ",
                                           absl::string_view(meanwhile.data(), meanwhile.size())));
  };
  absl::StatusOr<ProcessIdentity> now = ReadProcessIdentity(identity_.pid);
  if (!now.ok() || now->ended || now->start_ticks != identity_.start_ticks) return aborted("ended");
  bool same_space = !pages_.has_value() || pages_->IsAlive();
  if (!same_space || ProgramOf(identity_.pid) != program_) {
    return aborted("replaced its program (exec)");
  }
  return absl::OkStatus();
}

}  // namespace seep
