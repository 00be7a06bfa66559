#include "heap/jemalloc/find.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "heap/jemalloc/find_rtree.h"
#include "heap/jemalloc/walker.h"
#include "heap/module_text.h"
#include "heap/writable_memory.h"

namespace seep {
namespace {

// Why there is no tree in a module that speaks of jemalloc; nothing if it does not.
std::optional<std::string> WhyNot(const Memory& memory, const LoadedModule& module) {
  if (!HasText(memory, module, "<jemalloc>: ")) return std::nullopt;
  if (HasText(memory, module, "MALLOC_OPTIONS")) return "mozjemalloc is not supported";
  if (HasText(memory, module, "lg_chunk")) return "jemalloc 4 and older are not supported";
  return "jemalloc without a block yet, or of a version after 5.3";
}

}  // namespace

std::vector<std::unique_ptr<AllocatorWalker>> FindJemalloc(const Target& target,
                                                           std::vector<Dropped>* dropped) {
  std::vector<std::unique_ptr<AllocatorWalker>> walkers;
  for (const LoadedModule& module : target.modules) {
    const std::string& path = module.module.path;
    std::optional<jemalloc::Rtree> tree = jemalloc::FindRtree(*target.memory, target.maps, module);
    if (!tree.has_value()) {
      std::optional<std::string> why = WhyNot(*target.memory, module);
      if (why.has_value()) dropped->push_back({"allocators", 1, absl::StrCat(path, ": ", *why)});
      continue;
    }
    if (tree->format().cache_bins == jemalloc::Format::CacheBins::kUnknown) {
      dropped->push_back({"allocators", 1,
                          absl::StrCat(path, ": jemalloc ", tree->format().versions,
                                       " is not supported: its thread caches are not known")});
      continue;
    }
    std::string place = absl::StrFormat("%s+0x%x", path.substr(path.rfind('/') + 1),
                                        tree->root().value() - module.module.load_bias);
    walkers.push_back(
        std::make_unique<jemalloc::Walker>(target, *tree, WritableData(module), std::move(place)));
  }
  return walkers;
}

}  // namespace seep
