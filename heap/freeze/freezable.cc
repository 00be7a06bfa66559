#include "heap/freeze/freezable.h"

#include <elf.h>

#include <cerrno>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/proc_text.h"
#include "heap/read_refusal.h"

namespace seep {
namespace {

absl::StatusOr<std::string> ReadStatus(uint32_t pid) {
  absl::StatusOr<std::string> status = ReadFile(absl::StrCat("/proc/", pid, "/status"));
  if (status.ok()) return status;
  return absl::NotFoundError(absl::StrCat("process ", pid, ": there is none"));
}

absl::Status Refuse(uint32_t pid, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat("process ", pid, ": ", why));
}

}  // namespace

absl::Status CheckStoppable(uint32_t pid) {
  SEEP_ASSIGN_OR_RETURN(std::string status, ReadStatus(pid));
  if (ProcField(status, "State").starts_with("Z")) {
    return Refuse(pid, "it has ended (a zombie that its parent has not collected yet)");
  }
  if (!ProcFieldBytes(status, "VmSize").has_value()) {
    return Refuse(pid, "it has ended, or is a kernel thread: it has no memory");
  }
  std::string tracer = ProcField(status, "TracerPid");
  if (tracer != "0") {
    return Refuse(pid, absl::StrCat("it is traced by process ", tracer,
                                    " (a debugger, strace?), and there can be only one"));
  }
  absl::StatusOr<std::string> head = ReadHead(absl::StrCat("/proc/", pid, "/exe"), EI_NIDENT);
  if (absl::IsPermissionDenied(head.status())) return RefusedToRead(pid);
  SEEP_RETURN_IF_ERROR(head.status());
  if (head->size() < EI_NIDENT || (*head)[EI_CLASS] != ELFCLASS64) {
    return Refuse(pid, "it is a 32-bit program");
  }
  return absl::OkStatus();
}

absl::Status CheckCopyable(uint32_t pid) {
  SEEP_RETURN_IF_ERROR(CheckStoppable(pid));
  SEEP_ASSIGN_OR_RETURN(std::string status, ReadStatus(pid));
  constexpr char kRemedy[] = "; use --consistency stop or none";
  std::string seccomp = ProcField(status, "Seccomp");
  if (!seccomp.empty() && seccomp != "0") {
    return Refuse(pid, absl::StrCat("it runs under a seccomp filter, which may kill it for the "
                                    "system calls of a copy",
                                    kRemedy));
  }
  if (absl::StrContains(ProcField(status, "x86_Thread_features"), "shstk")) {
    return Refuse(pid, absl::StrCat("its threads have shadow stacks", kRemedy));
  }
  if (absl::AsciiStrToLower(ProcField(status, "State")).starts_with("t")) {
    return Refuse(pid,
                  "it is stopped already (SIGSTOP?) and needs no copy; use --consistency none");
  }
  return absl::OkStatus();
}

}  // namespace seep
