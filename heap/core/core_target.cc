#include "heap/core/core_target.h"

#include <utility>

#include "base/status_macros.h"
#include "heap/core/core_maps.h"

namespace seep {

absl::StatusOr<std::unique_ptr<CoreTarget>> CoreTarget::Open(const std::string& path,
                                                             const ModuleFileOptions& options) {
  SEEP_ASSIGN_OR_RETURN(std::unique_ptr<CoreFile> file, CoreFile::Open(path));
  return std::unique_ptr<CoreTarget>(new CoreTarget(std::move(file), options));
}

CoreTarget::CoreTarget(std::unique_ptr<CoreFile> file, const ModuleFileOptions& options)
    : dropped_(file->dropped()),
      file_(std::move(file)),
      process_(ReadCoreProcess(*file_, &dropped_)),
      maps_(RebuildMaps(*file_, process_)),
      files_(*file_, maps_, options),
      memory_(*file_, maps_, files_) {
  MarkCode(*file_, memory_, maps_);
  target_.memory = &memory_;
  target_.modules = FindModules(memory_, maps_);
  target_.maps = maps_;
  target_.threads = process_.threads;
}

const LoadedModule* CoreTarget::program() const {
  if (!process_.program_headers.has_value()) return nullptr;
  for (const LoadedModule& module : target_.modules) {
    if (module.module.range.contains(*process_.program_headers)) return &module;
  }
  return nullptr;
}

std::vector<Dropped> CoreTarget::dropped() const {
  std::vector<Dropped> all = dropped_;
  for (Dropped& met : memory_.dropped()) all.push_back(std::move(met));
  return all;
}

}  // namespace seep
