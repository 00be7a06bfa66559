#include "cli/target.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/console.h"
#include "heap/capture.h"
#include "heap/census/unprepared_core.h"
#include "heap/census/unprepared_process.h"
#include "snapshot/seep_file.h"
#include "symbolizer/symbolizer.h"

namespace seep {
namespace {

SymbolTable NameEverything(const Snapshot& snapshot, SymbolOptions options) {
  std::vector<CodeLocation> code;
  for (size_t i = 0; i < snapshot.stacks.size(); ++i) {
    code.push_back(snapshot.stacks.node(StackId(i)).location);
  }
  std::vector<ClassRequest> classes;
  for (const Class& klass : snapshot.classes) classes.push_back({klass.mangled, klass.vtable});
  SymbolizerOptions symbolizer_options;
  symbolizer_options.files = {std::move(options.root), std::move(options.debug_directories)};
  ProgressLine progress("naming code");
  return Symbolizer(symbolizer_options)
      .Symbolize(snapshot.modules, code, classes,
                 [&](size_t done, size_t total) { progress.Show(done, total); });
}

HolderLook HolderLookOf(const CaptureOptions& capture) {
  return capture.holders == "on"    ? HolderLook::kOn
         : capture.holders == "off" ? HolderLook::kOff
                                    : HolderLook::kAuto;
}

absl::StatusOr<ProcessCensusOptions> CensusOptions(const CaptureOptions& capture) {
  ProcessCensusOptions options;
  absl::Duration pause;
  if (!absl::ParseDuration(capture.max_pause, &pause) || pause <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--max-pause ", capture.max_pause, ": not a time like 100ms or 2s"));
  }
  options.max_pause = absl::ToChronoNanoseconds(pause);
  if (capture.consistency == "stop") options.consistency = Consistency::kStop;
  if (capture.consistency == "fork") options.consistency = Consistency::kFork;
  options.holders = HolderLookOf(capture);
  return options;
}

// By its recording if it writes one, unless a census is asked for; else by walking its heap.
absl::StatusOr<std::shared_ptr<const Snapshot>> CaptureLive(uint32_t pid,
                                                            const SymbolOptions& symbols,
                                                            const CaptureOptions& capture) {
  SEEP_ASSIGN_OR_RETURN(bool prepared, IsPrepared(pid));
  bool of_census = capture.embedded || capture.consistency != "none";
  if (prepared && !capture.census && of_census) {
    return absl::InvalidArgumentError(
        absl::StrCat("process ", pid,
                     " writes a recording, which is read without a stop: --consistency and "
                     "--embedded are for processes without Seep, or with --census"));
  }
  if (prepared && !capture.census) return CaptureProcess(pid);
  CountLine progress("counting live blocks");
  SEEP_ASSIGN_OR_RETURN(ProcessCensusOptions options, CensusOptions(capture));
  options.join_recording = prepared;
  options.embedded = capture.embedded;
  options.progress = [&](uint64_t blocks) { progress.Show(blocks); };
  options.files = {symbols.root, symbols.debug_directories};
  return CensusOfProcess(pid, options);
}

// A core or a recording.
absl::StatusOr<std::shared_ptr<const Snapshot>> CaptureFile(const std::string& path,
                                                            const SymbolOptions& options,
                                                            const CaptureOptions& capture) {
  constexpr std::string_view kElfMagic(
      "\x7f"
      "ELF",
      4);
  SEEP_ASSIGN_OR_RETURN(std::string head, ReadHead(path, kElfMagic.size()));
  if (head != kElfMagic && (capture.census || capture.embedded)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": a recording has no heap to count: --census and --embedded want the pid"));
  }
  if (head != kElfMagic) return CaptureRecording(path);
  CountLine progress("counting live blocks");
  ProcessCensusOptions census;
  census.embedded = capture.embedded;
  census.progress = [&](uint64_t blocks) { progress.Show(blocks); };
  census.holders = HolderLookOf(capture);
  return CensusOfCore(path, {options.root, options.debug_directories}, census);
}

absl::StatusOr<bool> IsSeepFile(const std::string& path) {
  constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
  SEEP_ASSIGN_OR_RETURN(std::string head, ReadHead(path, kSqliteMagic.size()));
  return head == kSqliteMagic;
}

absl::StatusOr<NamedSnapshot> LoadSeepFile(const std::string& path, std::optional<size_t> index) {
  SEEP_ASSIGN_OR_RETURN(SeepFile file, SeepFile::Open(path));
  size_t count = file.snapshot_count();
  if (count == 0) return absl::NotFoundError(path + ": holds no snapshot");
  size_t wanted = index.value_or(count);
  if (wanted < 1 || wanted > count) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has snapshots 1 to ", count, ", not ", wanted));
  }
  NamedSnapshot named;
  SEEP_ASSIGN_OR_RETURN(named.snapshot, file.ReadSnapshot(wanted - 1));
  SEEP_ASSIGN_OR_RETURN(named.symbols, file.ReadSymbols(wanted - 1));
  return named;
}

}  // namespace

std::optional<uint32_t> AsPid(std::string_view target) {
  uint32_t pid = 0;
  std::string text(target);
  bool digits = !text.empty() &&
                std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || access(text.c_str(), F_OK) == 0 || !absl::SimpleAtoi(text, &pid)) return {};
  return pid;
}

void AddCensusOption(CLI::App* command, CaptureOptions* options) {
  command->add_flag("--census", options->census,
                    "of a process with Seep: count every live object, too; its samples apportion "
                    "the count over call sites, labels and ages");
  command->add_flag("--embedded", options->embedded,
                    "of a census: count objects inside of blocks, too (members, elements of "
                    "vectors, arenas), apart from the others; reads all live memory");
}

void AddCaptureOptions(CLI::App* command, CaptureOptions* options) {
  AddCensusOption(command, options);
  command
      ->add_option("--consistency", options->consistency,
                   "of a census: none (read while it runs), stop (its threads stand "
                   "still), fork (a copy is read: stands still for page tables only)")
      ->check(CLI::IsMember({"none", "stop", "fork"}))
      ->capture_default_str();
  command
      ->add_option("--max-pause", options->max_pause,
                   "for how long at most its threads may stand still")
      ->capture_default_str();
  command
      ->add_option("--holders", options->holders,
                   "read the heap a second time, to name blocks without a class by who holds them: "
                   "auto (where they are 1 % of it; not with --consistency stop), on, off")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->capture_default_str();
}

absl::StatusOr<NamedSnapshot> Capture(const std::string& target, SymbolOptions options,
                                      const CaptureOptions& capture) {
  NamedSnapshot named;
  if (std::optional<uint32_t> pid = AsPid(target)) {
    if (options.root.empty()) options.root = absl::StrCat("/proc/", *pid, "/root");
    SEEP_ASSIGN_OR_RETURN(named.snapshot, CaptureLive(*pid, options, capture));
  } else {
    SEEP_ASSIGN_OR_RETURN(named.snapshot, CaptureFile(target, options, capture));
  }
  named.symbols = NameEverything(*named.snapshot, std::move(options));
  return named;
}

absl::StatusOr<NamedSnapshot> Load(const std::string& target, std::optional<size_t> index,
                                   SymbolOptions options, const CaptureOptions& capture) {
  if (!AsPid(target)) {
    SEEP_ASSIGN_OR_RETURN(bool is_seep_file, IsSeepFile(target));
    if (is_seep_file) return LoadSeepFile(target, index);
  }
  return Capture(target, std::move(options), capture);
}

}  // namespace seep
