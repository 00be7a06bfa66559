#include "heap/read_refusal.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/proc_text.h"

namespace seep {
namespace {

constexpr uint64_t kSysPtrace = uint64_t{1} << CAP_SYS_PTRACE;
constexpr char kInContainer[] = "in a container, start it with --cap-add SYS_PTRACE";

// "Uid:  1000  1000  1000  1000": real, effective, saved, and that of the file system.
bool ParseIds(std::string_view status, std::string_view name, std::array<uint64_t, 3>* ids) {
  std::vector<std::string> fields =
      absl::StrSplit(ProcField(status, name), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (fields.size() < ids->size()) return false;
  return std::equal(
      ids->begin(), ids->end(), fields.begin(),
      [](uint64_t& id, const std::string& field) { return absl::SimpleAtoi(field, &id); });
}

bool ParseCapabilities(std::string_view status, std::string_view name, uint64_t* capabilities) {
  return absl::SimpleHexAtoi(ProcField(status, name), capabilities);
}

bool IsSameUser(const Credentials& ours, const Credentials& theirs) {
  auto all_are = [](const std::array<uint64_t, 3>& ids, uint64_t id) {
    return std::ranges::all_of(ids, [id](uint64_t other) { return other == id; });
  };
  return all_are(theirs.uids, ours.uids[0]) && all_are(theirs.gids, ours.gids[0]);
}

std::string Describe(const std::array<uint64_t, 3>& uids, const std::array<uint64_t, 3>& gids) {
  auto list = [](const std::array<uint64_t, 3>& ids) {
    bool same = ids[0] == ids[1] && ids[0] == ids[2];
    return same ? absl::StrCat(ids[0])
                : absl::StrCat(ids[0], " (effective ", ids[1], ", saved ", ids[2], ")");
  };
  return absl::StrCat("uid ", list(uids), ", gid ", list(gids));
}

std::string AsTheirUser(const Credentials& theirs) {
  bool is_one = theirs.uids[0] == theirs.uids[1] && theirs.uids[0] == theirs.uids[2];
  return is_one ? absl::StrCat(", or as its user: `sudo -u '#", theirs.uids[0], "' seep …`") : "";
}

absl::StatusOr<Credentials> ReadCredentials(const std::string& directory) {
  SEEP_ASSIGN_OR_RETURN(std::string status, ReadFile(directory + "/status"));
  SEEP_ASSIGN_OR_RETURN(Credentials credentials, ParseCredentials(status));
  credentials.uid_map = ReadFile(directory + "/uid_map").value_or("");
  return credentials;
}

// The kernel gives the files of a process that is not dumpable to root (proc(5)). Of root's own
// processes nothing tells it.
bool IsDumpable(const std::string& directory, const Credentials& credentials) {
  struct stat info {};
  constexpr size_t kEffective = 1;
  return stat((directory + "/status").c_str(), &info) != 0 ||
         info.st_uid == credentials.uids[kEffective];
}

// Its number is fixed: PROC_USER_INIT_INO of include/linux/proc_ns.h.
bool IsInFirstUserNamespace() {
  struct stat info {};
  return stat("/proc/self/ns/user", &info) != 0 || info.st_ino == 0xeffffffd;
}

// PROC_PID_INIT_INO.
bool IsInFirstPidNamespace() {
  struct stat info {};
  return stat("/proc/self/ns/pid", &info) != 0 || info.st_ino == 0xeffffffc;
}

bool Exists(uint32_t pid) {
  if (pid == 0 || pid > INT_MAX) return false;  // many processes, for kill
  return kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

std::string DescribeScope(const std::string& ptrace_scope) {
  std::string scope(absl::StripAsciiWhitespace(ptrace_scope));
  std::string is = absl::StrCat("kernel.yama.ptrace_scope is ", scope);
  if (scope == "3") return is + ": until the next boot nobody may read other processes";
  std::string what = scope == "1" ? ", so that only a process's ancestors may read it"
                                  : ", so that only CAP_SYS_PTRACE may read other processes";
  return is + what + ": run `sudo seep …`, or `sudo sysctl kernel.yama.ptrace_scope=0`; " +
         kInContainer;
}

}  // namespace

absl::StatusOr<Credentials> ParseCredentials(std::string_view status) {
  Credentials parsed;
  bool whole = ParseIds(status, "Uid", &parsed.uids) && ParseIds(status, "Gid", &parsed.gids) &&
               ParseCapabilities(status, "CapPrm", &parsed.permitted) &&
               ParseCapabilities(status, "CapEff", &parsed.effective);
  if (!whole) return absl::InvalidArgumentError("status: no user, group or capabilities");
  return parsed;
}

ReadRefusal ExplainRefusal(const RefusalFacts& facts) {
  bool same_namespace = facts.ours.uid_map == facts.theirs.uid_map;
  std::string_view scope = facts.ptrace_scope;
  // What we may in a namespace of our own counts for nothing outside of it.
  if (!same_namespace && !facts.in_first_user_namespace) return ReadRefusal::kUserNamespace;
  bool may_all = (facts.ours.effective & kSysPtrace) != 0;
  if (!may_all) {
    if (!IsSameUser(facts.ours, facts.theirs)) return ReadRefusal::kUser;
    if (!facts.dumpable) return ReadRefusal::kNotDumpable;
    if (!same_namespace) return ReadRefusal::kUserNamespace;
    if ((facts.theirs.permitted & ~facts.ours.permitted) != 0) return ReadRefusal::kCapabilities;
  }
  bool scope_refuses =
      scope.starts_with('3') || (!may_all && (scope.starts_with('1') || scope.starts_with('2')));
  return scope_refuses ? ReadRefusal::kPtraceScope : ReadRefusal::kUnknown;
}

std::string DescribeRefusal(uint32_t pid, const RefusalFacts& facts) {
  const Credentials& ours = facts.ours;
  const Credentials& theirs = facts.theirs;
  switch (ExplainRefusal(facts)) {
    case ReadRefusal::kUser:
      return absl::StrCat("it runs as ", Describe(theirs.uids, theirs.gids), ", seep as ",
                          Describe(ours.uids, ours.gids),
                          " without CAP_SYS_PTRACE: run `sudo seep …`", AsTheirUser(theirs), "; ",
                          kInContainer);
    case ReadRefusal::kNotDumpable:
      return absl::StrCat(
          "it is not dumpable (setuid, started with file capabilities, its file not readable, or "
          "prctl PR_SET_DUMPABLE), so that its own user may not read it: run `sudo seep …`; ",
          kInContainer);
    case ReadRefusal::kUserNamespace:
      return absl::StrCat(
          "it is in another user namespace than seep, where seep's capabilities do not count: run "
          "`sudo seep …` on the host, or in its namespace: `nsenter --user --target ",
          pid, " seep …`");
    case ReadRefusal::kCapabilities:
      return absl::StrCat(
          "it has capabilities that seep has not, and seep has no CAP_SYS_PTRACE: run `sudo seep "
          "…`, or once `sudo setcap cap_sys_ptrace+ep $(which seep)`; ",
          kInContainer);
    case ReadRefusal::kPtraceScope:
      return DescribeScope(facts.ptrace_scope);
    case ReadRefusal::kUnknown:
      break;
  }
  return absl::StrCat(
      "user, capabilities and kernel.yama.ptrace_scope would allow it; a security module (SELinux, "
      "AppArmor) or a seccomp filter may stand against it: see `journalctl -k`; ",
      kInContainer);
}

absl::Status RefusedToRead(uint32_t pid) {
  std::string message = absl::StrCat("process ", pid, ": its memory may not be read: ");
  std::string directory = absl::StrCat("/proc/", pid);
  absl::StatusOr<Credentials> ours = ReadCredentials("/proc/self");
  absl::StatusOr<Credentials> theirs = ReadCredentials(directory);
  if (!ours.ok() || !theirs.ok()) {
    return absl::PermissionDeniedError(message + "run `sudo seep …`; " + kInContainer);
  }
  RefusalFacts facts{.ours = *ours,
                     .theirs = *theirs,
                     .in_first_user_namespace = IsInFirstUserNamespace(),
                     .dumpable = IsDumpable(directory, *theirs),
                     .ptrace_scope = ReadFile("/proc/sys/kernel/yama/ptrace_scope").value_or("")};
  return absl::PermissionDeniedError(message + DescribeRefusal(pid, facts));
}

absl::Status NoSuchProcess(uint32_t pid) {
  std::string name = absl::StrCat("process ", pid, ": ");
  if (Exists(pid)) {
    return absl::NotFoundError(
        name +
        "/proc does not show it (mounted with hidepid, or for another pid namespace): run "
        "`sudo seep …`, or mount /proc in this namespace");
  }
  std::string where = IsInFirstPidNamespace()
                          ? ""
                          : " in the pid namespace (container) that seep runs in; run seep on the "
                            "host, or in the container of the process";
  return absl::NotFoundError(name + "no such process" + where);
}

absl::Status NothingToRead(uint32_t pid) {
  return absl::NotFoundError(absl::StrCat(
      "process ", pid, ": it has ended, or is a kernel thread: it has no memory to read"));
}

}  // namespace seep
