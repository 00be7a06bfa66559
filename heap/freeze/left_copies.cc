#include "heap/freeze/left_copies.h"

#include <signal.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "heap/freeze/self_restoring_call.h"
#include "heap/thread_list.h"

namespace seep {
namespace {

// Of /proc/PID/stat (proc(5)): fields 3, 32, 38 and 52, counted from the one after "pid (name)".
constexpr size_t kState = 0, kBlocked = 29, kExitSignal = 35, kExitCode = 49;

// Signals 1 to 31 without SIGKILL and SIGSTOP: a copy is made in a thread that blocks all of them.
constexpr char kAllBlocked[] = "2147221247";

bool IsLeftCopy(pid_t child) {
  std::string directory = absl::StrCat("/proc/", child, "/");
  std::string stat = ReadFile(directory + "stat").value_or("");
  size_t name_end = stat.rfind(") ");
  if (name_end == stat.npos) return false;
  std::vector<std::string> fields =
      absl::StrSplit(stat.substr(name_end + 2), absl::ByAnyChar(" \n"));
  if (fields.size() <= kExitCode || fields[kState] != "Z" || fields[kExitSignal] != "0") {
    return false;
  }
  if (fields[kExitCode] == absl::StrCat(kCopyExitStatus << 8)) return true;
  return fields[kExitCode] == absl::StrCat(SIGKILL) && fields[kBlocked] == kAllBlocked;
}

}  // namespace

std::vector<pid_t> LeftCopies(uint32_t pid) {
  std::vector<pid_t> copies;
  for (const TargetThread& thread : ReadThreads(pid)) {
    std::string children =
        ReadFile(absl::StrCat("/proc/", pid, "/task/", thread.tid, "/children")).value_or("");
    for (absl::string_view word : absl::StrSplit(children, ' ', absl::SkipEmpty())) {
      pid_t child = 0;
      if (absl::SimpleAtoi(word, &child) && IsLeftCopy(child)) copies.push_back(child);
    }
  }
  return copies;
}

}  // namespace seep
