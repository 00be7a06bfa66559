#include "heap/freeze/copy_price.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/cgroup_limit.h"
#include "heap/proc_text.h"

namespace seep {
namespace {

constexpr double kGiB = 1 << 30;
constexpr double kSmallPagesMs = 35;
constexpr double kHugePagesMs = 2;
constexpr double kRestMs = 2;

std::string MiB(uint64_t bytes) { return absl::StrCat(bytes >> 20, " MiB"); }

}  // namespace

absl::StatusOr<CopyPrice> PriceOfCopy(uint32_t pid) {
  std::string directory = absl::StrCat("/proc/", pid, "/");
  SEEP_ASSIGN_OR_RETURN(std::string status, ReadFile(directory + "status"));
  CopyPrice price;
  price.page_tables = ProcFieldBytes(status, "VmPTE").value_or(0);
  price.rss = ProcFieldBytes(status, "VmRSS").value_or(0);
  // Without smaps_rollup (Linux 4.14), as if all were small pages.
  std::string smaps = ReadFile(directory + "smaps_rollup").value_or("");
  uint64_t anonymous = ProcFieldBytes(smaps, "Anonymous").value_or(price.rss);
  uint64_t huge = std::min(anonymous, ProcFieldBytes(smaps, "AnonHugePages").value_or(0));
  price.predicted_ms = kRestMs + kSmallPagesMs * static_cast<double>(anonymous - huge) / kGiB +
                       kHugePagesMs * static_cast<double>(huge) / kGiB;
  return price;
}

Headroom HeadroomOf(uint32_t pid) {
  std::string machine = ReadFile("/proc/meminfo").value_or("");
  Headroom room{ProcFieldBytes(machine, "MemAvailable").value_or(0),
                "the memory that the machine has available"};
  auto consider = [&](uint64_t bytes, const char* limit) {
    if (bytes < room.bytes) room = {bytes, limit};
  };
  std::string cgroups = ReadFile(absl::StrCat("/proc/", pid, "/cgroup")).value_or("");
  std::string mounts = ReadFile("/proc/self/mountinfo").value_or("");
  std::optional<uint64_t> left = CgroupMemoryLeft(cgroups, mounts);
  if (left.has_value()) consider(*left, "the limit of its memory cgroup");
  if (ReadFile("/proc/sys/vm/overcommit_memory").value_or("").starts_with("2")) {
    uint64_t limit = ProcFieldBytes(machine, "CommitLimit").value_or(0);
    uint64_t used = ProcFieldBytes(machine, "Committed_AS").value_or(0);
    consider(limit - std::min(limit, used), "the kernel's CommitLimit (vm.overcommit_memory 2)");
  }
  return room;
}

absl::Status CheckPrice(const CopyPrice& price, const Headroom& headroom,
                        std::chrono::nanoseconds max_pause) {
  double allowed_ms = std::chrono::duration<double, std::milli>(max_pause).count();
  if (price.predicted_ms > allowed_ms) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "a copy would stop the process for about %.0f ms (it has %s), and %.0f ms are allowed: "
        "--max-pause %.0fms, or --consistency none",
        price.predicted_ms, MiB(price.rss), allowed_ms, 1.5 * price.predicted_ms));
  }
  uint64_t needed = price.page_tables + price.rss / 8 + (64 << 20);
  if (headroom.bytes < needed) {
    return absl::FailedPreconditionError(absl::StrCat(
        "too little memory for a copy: ", MiB(headroom.bytes), " are left of ", headroom.limit,
        ", and it may take ", MiB(needed), " while the process goes on writing (in the worst case ",
        MiB(price.rss + price.page_tables), "): --consistency none"));
  }
  return absl::OkStatus();
}

uint64_t LeastHeadroom(const CopyPrice& price) { return price.rss / 16 + (32 << 20); }

}  // namespace seep
