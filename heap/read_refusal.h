// Why the kernel does not let us read a process, and what to type against it: ptrace(2), "Ptrace
// access mode checking". It asks in this order, and tells us only "no":
//
//   CAP_SYS_PTRACE in the process's user namespace?    then all of this is allowed, up to Yama's 3
//   the same user and group in all three forms?        kUser
//   dumpable? (not setuid, no prctl)                   kNotDumpable
//   the same user namespace?                           kUserNamespace
//   no capability that we have not?                    kCapabilities
//   kernel.yama.ptrace_scope                           kPtraceScope
//   SELinux, AppArmor, seccomp                         kUnknown
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace seep {

enum class ReadRefusal {
  kUser,
  kNotDumpable,
  kUserNamespace,
  kCapabilities,
  kPtraceScope,
  kUnknown,
};

// Of a process, as anybody may know them.
struct Credentials {
  std::array<uint64_t, 3> uids = {};  // real, effective, saved
  std::array<uint64_t, 3> gids = {};
  uint64_t permitted = 0;  // capabilities, bit by number
  uint64_t effective = 0;
  std::string uid_map =
      {};  // of its user namespace; namespaces with the same one are taken for one
};

// From /proc/PID/status; INVALID_ARGUMENT where a line is missing.
absl::StatusOr<Credentials> ParseCredentials(std::string_view status);

struct RefusalFacts {
  Credentials ours, theirs;
  bool in_first_user_namespace = true;  // we
  bool dumpable = true;                 // they
  std::string ptrace_scope = {};        // the file's content; empty: a kernel without Yama
};

ReadRefusal ExplainRefusal(const RefusalFacts& facts);

// "it runs as uid 1000, gid 1000, seep as uid 1001, gid 1001 without CAP_SYS_PTRACE: run …"
std::string DescribeRefusal(uint32_t pid, const RefusalFacts& facts);

// PERMISSION_DENIED: "process 4711: its memory may not be read: …", by what /proc shows of both.
absl::Status RefusedToRead(uint32_t pid);

// NOT_FOUND: there is no such process, or none in this pid namespace, or /proc hides it.
absl::Status NoSuchProcess(uint32_t pid);

// NOT_FOUND: it exists, or did a moment ago, and has no memory of its own.
absl::Status NothingToRead(uint32_t pid);

}  // namespace seep
