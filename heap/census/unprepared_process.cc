#include "heap/census/unprepared_process.h"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/census/census.h"
#include "heap/census/census_accounting.h"
#include "heap/census/joined_recording.h"
#include "heap/freeze/forked_copy.h"
#include "heap/freeze/stopped_process.h"
#include "heap/live_target.h"
#include "heap/memory_use.h"
#include "heap/proc_text.h"
#include "heap/process_identity.h"
#include "heap/program_watch.h"

namespace seep {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

// Ticks count from the boot of the machine, as CLOCK_BOOTTIME does.
int64_t StartRealTime(uint64_t start_ticks) {
  auto ticks_per_second = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  auto since_boot = static_cast<int64_t>(start_ticks / ticks_per_second) * kSecond +
                    static_cast<int64_t>(start_ticks % ticks_per_second) * kSecond /
                        static_cast<int64_t>(ticks_per_second);
  return Now(CLOCK_REALTIME) - Now(CLOCK_BOOTTIME) + since_boot;
}

std::string Executable(uint32_t pid) {
  std::array<char, 4096> path;
  ssize_t length = readlink(absl::StrCat("/proc/", pid, "/exe").c_str(), path.data(), path.size());
  return length < 0 ? "" : std::string(path.data(), static_cast<size_t>(length));
}

uint32_t ParentOf(uint32_t pid) {
  uint32_t parent = 0;
  absl::StatusOr<std::string> status = ReadFile(absl::StrCat("/proc/", pid, "/status"));
  if (status.ok() && !absl::SimpleAtoi(ProcField(*status, "PPid"), &parent)) parent = 0;
  return parent;
}

void AddFacts(const ProcessIdentity& identity, const Target& target, SnapshotBuilder& builder) {
  ProcessFacts& facts = builder.process();
  facts.boot_id = ReadBootId().value_or("");
  facts.pid_namespace = identity.pid_namespace.value_or(0);
  facts.pid = identity.pid_in_namespace;
  facts.parent_pid = ParentOf(identity.pid);
  facts.uid = identity.uid;
  facts.start_real_ns = StartRealTime(identity.start_ticks);
  facts.captured_at = Now(CLOCK_REALTIME) - facts.start_real_ns;
  facts.executable = Executable(identity.pid);
  for (const LoadedModule& module : target.modules) {
    if (module.module.path == facts.executable) facts.build_id = module.module.build_id;
  }
  utsname machine{};
  if (uname(&machine) == 0) facts.host = machine.nodename;
  facts.alive = true;
}

std::vector<MappingUse> ReadMappingUse(uint32_t pid, SnapshotBuilder& builder) {
  absl::StatusOr<std::string> smaps = ReadFile(absl::StrCat("/proc/", pid, "/smaps"));
  absl::Status status = smaps.status();
  if (smaps.ok()) {
    absl::StatusOr<std::vector<MappingUse>> uses = ParseMappingUse(*smaps);
    if (uses.ok()) return *std::move(uses);
    status = uses.status();
  }
  builder.AddDropped("resident memory outside of the heaps", 1, std::string(status.message()));
  return {};
}

// `copy`: of the process; 0: none.
absl::Status ReadInto(SnapshotBuilder& builder, uint32_t pid, uint32_t copy,
                      const ProcessCensusOptions& options) {
  SEEP_ASSIGN_OR_RETURN(std::unique_ptr<LiveTarget> live, LiveTarget::Open(pid, {.copy = copy}));
  const Target& target = live->target();
  const PageMap* pages = live->memory().pages();

  CensusOptions census{.pages = pages,
                       .embedded = options.embedded,
                       .progress = options.progress,
                       .holders = options.holders,
                       .files = options.files};
  std::vector<CountedHeap> heaps;
  if (options.join_recording) {
    SEEP_ASSIGN_OR_RETURN(std::unique_ptr<JoinedRecording> joined,
                          JoinedRecording::Read(pid, /*frozen=*/copy != 0, builder));
    census.recorded = &joined->samples();
    heaps = TakeCensus(target, census, joined->tables().modules,
                       std::move(joined->tables().classes), builder);
  } else {
    AddFacts(live->identity(), target, builder);
    heaps = TakeCensus(target, census, builder);
  }
  std::vector<MappingUse> uses = ReadMappingUse(pid, builder);
  MemoryUse use = ReadMemoryUse(pid);  // of the same moment
  builder.process().rss = use.rss;
  builder.process().swap = use.swap;
  builder.process().limit = use.limit;
  AddCensusAccounting(target, heaps, uses.empty() ? nullptr : pages, uses, use.rss,
                      use.cgroup_usage, builder);
  for (const Dropped& dropped : live->dropped()) {
    builder.AddDropped(dropped.what, dropped.count, dropped.why);
  }
  return live->StillTheSame();
}

absl::Status ReadStopped(SnapshotBuilder& builder, uint32_t pid,
                         const ProcessCensusOptions& options) {
  SEEP_ASSIGN_OR_RETURN(StoppedProcess stopped, StoppedProcess::Stop(pid, options.max_pause));
  ProcessCensusOptions briefly = options;
  if (options.holders == HolderLook::kAuto) {
    briefly.holders = HolderLook::kOff;
    builder.AddDropped("holders of blocks without a class", 1,
                       "not looked for while the process stands still: --holders on, or "
                       "--consistency fork");
  }
  SEEP_RETURN_IF_ERROR(ReadInto(builder, pid, 0, briefly));
  SEEP_ASSIGN_OR_RETURN(StoppedProcess::Pause pause, stopped.Resume());
  builder.process().captured_by = "census of a process that was stopped by ptrace";
  builder.process().pause_ms = pause.milliseconds;
  if (!pause.whole) {
    builder.process().captured_by += ", and ran again before it was read to the end";
    builder.AddDropped("consistency", 1,
                       "the longest pause allowed was over before everything was read; what was "
                       "read later may not fit what was read before: a longer --max-pause, or "
                       "--consistency fork");
  }
  return absl::OkStatus();
}

absl::Status ReadCopied(SnapshotBuilder& builder, uint32_t pid,
                        const ProcessCensusOptions& options) {
  SEEP_ASSIGN_OR_RETURN(ForkedCopy copy, ForkedCopy::Fork(pid, {.max_pause = options.max_pause}));
  absl::Status read = ReadInto(builder, pid, copy.pid(), options);
  // A copy that was given up meanwhile is the reason why it could not be read.
  SEEP_RETURN_IF_ERROR(copy.Close().status());
  SEEP_RETURN_IF_ERROR(read);
  builder.process().captured_by = "census of a copy of a running process, made by clone() in it";
  builder.process().pause_ms = copy.pause_ms();  // to collect the copy, one thread stood still
  return absl::OkStatus();
}

absl::Status ReadRunning(SnapshotBuilder& builder, uint32_t pid,
                         const ProcessCensusOptions& options) {
  SEEP_RETURN_IF_ERROR(ReadInto(builder, pid, 0, options));
  builder.process().captured_by =
      "census of a running process: not stopped, no code run in it, nothing written to it";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> CensusOfProcess(
    uint32_t pid, const ProcessCensusOptions& options) {
  SnapshotBuilder builder;
  auto read = options.consistency == Consistency::kStop   ? ReadStopped
              : options.consistency == Consistency::kFork ? ReadCopied
                                                          : ReadRunning;
  SEEP_ASSIGN_OR_RETURN(ProgramWatch watch, ProgramWatch::Start(pid));
  if (absl::Status status = read(builder, pid, options); !status.ok()) {
    // A process that went away is the reason for whatever else went wrong.
    SEEP_RETURN_IF_ERROR(watch.StillTheSame("while its memory was read"));
    return status;
  }
  if (options.join_recording) {
    builder.process().captured_by +=
        "; call sites, labels and ages by the samples of its recording";
  }
  return std::move(builder).Build();
}

}  // namespace seep
