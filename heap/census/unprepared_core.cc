#include "heap/census/unprepared_core.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "heap/census/census.h"
#include "heap/census/census_accounting.h"
#include "heap/core/core_target.h"

namespace seep {
namespace {

void AddFacts(const CoreTarget& core, SnapshotBuilder& builder) {
  ProcessFacts& facts = builder.process();
  facts.pid = core.process().pid;
  facts.uid = core.process().uid;
  facts.executable = core.process().name;
  if (const LoadedModule* program = core.program()) {
    facts.executable = program->module.path;
    facts.build_id = program->module.build_id;
  }
  // A core does not say when its process began; when it was written is the one time known.
  facts.start_real_ns = core.file().written_at() * 1'000'000'000;
  facts.captured_by = absl::StrCat("census of the core ", core.file().path());
  if (core.process().signal != 0) {
    absl::StrAppend(&facts.captured_by, ", ended by signal ", core.process().signal);
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> CensusOfCore(const std::string& path,
                                                             const ModuleFileOptions& files,
                                                             const ProcessCensusOptions& options) {
  SEEP_ASSIGN_OR_RETURN(std::unique_ptr<CoreTarget> core, CoreTarget::Open(path, files));
  SnapshotBuilder builder;
  AddFacts(*core, builder);
  std::vector<CountedHeap> heaps =
      TakeCensus(core->target(),
                 {.pages = nullptr,
                  .embedded = options.embedded,
                  .progress = options.progress,
                  .holders = options.holders,
                  .files = {.root = files.sysroot, .debug_directories = files.debug_directories}},
                 builder);
  AddCensusAccounting(core->target(), heaps, nullptr, {}, std::nullopt, std::nullopt, builder);
  for (Dropped& dropped : core->dropped()) {
    builder.AddDropped(std::move(dropped.what), dropped.count, std::move(dropped.why));
  }
  return std::move(builder).Build();
}

}  // namespace seep
