#include "heap/memory_use.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "heap/cgroup_limit.h"
#include "heap/proc_text.h"

namespace seep {

MemoryUse ReadMemoryUse(uint32_t pid) {
  MemoryUse use;
  absl::StatusOr<std::string> status = ReadFile(absl::StrCat("/proc/", pid, "/status"));
  if (status.ok()) {
    use.rss = ProcFieldBytes(*status, "VmRSS");
    use.swap = ProcFieldBytes(*status, "VmSwap");
  }
  absl::StatusOr<std::string> cgroups = ReadFile(absl::StrCat("/proc/", pid, "/cgroup"));
  absl::StatusOr<std::string> mounts = ReadFile("/proc/self/mountinfo");
  if (cgroups.ok() && mounts.ok()) {
    use.limit = CgroupMemoryLimit(*cgroups, *mounts);
    use.cgroup_usage = CgroupMemoryUsage(*cgroups, *mounts);
  }
  return use;
}

}  // namespace seep
