#include "heap/process_identity.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/proc_text.h"
#include "heap/read_refusal.h"

namespace seep {
namespace {

std::optional<uint64_t> PidNamespace(uint32_t pid) {
  struct stat info {};
  if (stat(absl::StrCat("/proc/", pid, "/ns/pid").c_str(), &info) != 0) return std::nullopt;
  return info.st_ino;
}

std::vector<uint32_t> AllPids() {
  std::vector<uint32_t> pids;
  std::unique_ptr<DIR, int (*)(DIR*)> proc(opendir("/proc"), closedir);
  if (proc == nullptr) return pids;
  while (const dirent* entry = readdir(proc.get())) {
    uint32_t pid;
    if (absl::SimpleAtoi(entry->d_name, &pid)) pids.push_back(pid);
  }
  return pids;
}

}  // namespace

absl::StatusOr<ProcessIdentity> ParseProcessIdentity(std::string_view stat,
                                                     std::string_view status) {
  // "PID (name) S …": the name may hold spaces and parentheses, so the fields count from its end.
  size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return absl::InvalidArgumentError("stat: no name");
  std::string after_name(stat.substr(name_end + 1));
  std::vector<std::string> fields = absl::StrSplit(after_name, ' ', absl::SkipEmpty());
  constexpr size_t kState = 0;
  constexpr size_t kStartTicks = 22 - 3;

  ProcessIdentity identity;
  if (fields.size() <= kStartTicks ||
      !absl::SimpleAtoi(fields[kStartTicks], &identity.start_ticks)) {
    return absl::InvalidArgumentError("stat: no start time");
  }
  identity.ended = fields[kState] == "Z" || fields[kState] == "X";

  // "NSpid: 4711 12": its pid in each nested namespace, the innermost last.
  std::vector<std::string> pids =
      absl::StrSplit(ProcField(status, "NSpid"), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  std::vector<std::string> uids =
      absl::StrSplit(ProcField(status, "Uid"), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  constexpr size_t kEffective = 1;
  if (pids.empty() || !absl::SimpleAtoi(pids.front(), &identity.pid) ||
      !absl::SimpleAtoi(pids.back(), &identity.pid_in_namespace)) {
    return absl::InvalidArgumentError("status: no NSpid");
  }
  if (uids.size() <= kEffective || !absl::SimpleAtoi(uids[kEffective], &identity.uid)) {
    return absl::InvalidArgumentError("status: no Uid");
  }
  return identity;
}

absl::StatusOr<ProcessIdentity> ReadProcessIdentity(uint32_t pid) {
  absl::StatusOr<std::string> stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  absl::StatusOr<std::string> status = ReadFile(absl::StrCat("/proc/", pid, "/status"));
  if (!stat.ok() || !status.ok()) {
    return NoSuchProcess(pid);
  }
  SEEP_ASSIGN_OR_RETURN(ProcessIdentity identity, ParseProcessIdentity(*stat, *status));
  identity.pid = pid;
  identity.pid_namespace = PidNamespace(pid);
  return identity;
}

absl::StatusOr<std::string> ReadBootId() {
  SEEP_ASSIGN_OR_RETURN(std::string id, ReadFile("/proc/sys/kernel/random/boot_id"));
  absl::StripAsciiWhitespace(&id);
  return id;
}

std::optional<ProcessIdentity> FindProcess(std::string_view boot_id, uint64_t pid_namespace,
                                           uint32_t pid_in_namespace, uint64_t start_ticks) {
  absl::StatusOr<std::string> here = ReadBootId();
  if (!here.ok() || std::string_view(*here) != boot_id) return std::nullopt;
  absl::StatusOr<ProcessIdentity> self = ReadProcessIdentity(static_cast<uint32_t>(getpid()));
  bool same_namespace = self.ok() && self->pid_namespace == pid_namespace;
  for (uint32_t pid : same_namespace ? std::vector{pid_in_namespace} : AllPids()) {
    absl::StatusOr<ProcessIdentity> found = ReadProcessIdentity(pid);
    if (found.ok() && !found->ended && found->pid_in_namespace == pid_in_namespace &&
        found->start_ticks == start_ticks &&
        found->pid_namespace.value_or(pid_namespace) == pid_namespace) {
      return *found;
    }
  }
  return std::nullopt;
}

}  // namespace seep
