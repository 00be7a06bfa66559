#include "heap/glibc/find.h"

#include <optional>
#include <span>

#include "heap/glibc/arena.h"
#include "heap/glibc/module_words.h"
#include "heap/glibc/parameters.h"
#include "heap/glibc/walker.h"

namespace seep {
namespace {

using glibc::Arena;
using glibc::ArenaLayout;

// In one module. Each empty bin of an arena looks like one until its neighbours are asked.
constexpr uint64_t kMaxCandidates = 1 << 14;

// `last_bin`: where the {fd, bk} of the last bin would lie. No chunk is ever large enough for that
// bin, so that it is empty, its fd and bk pointing 16 bytes before themselves, however busy the
// arena is.
std::optional<std::vector<Arena>> ArenasWithLastBin(const Memory& memory, Address last_bin) {
  for (const ArenaLayout& layout : glibc::kArenaLayouts) {
    Address state = last_bin - (layout.bins + (glibc::kBins - 1) * 16);
    std::optional<Arena> main = glibc::ReadArena(memory, state, layout);
    if (!main.has_value() || !glibc::IsArena(memory, *main)) continue;
    std::vector<Arena> arenas = glibc::ReadArenas(memory, state, layout);
    if (!arenas.empty()) return arenas;
  }
  return std::nullopt;
}

std::optional<std::vector<Arena>> FindArenas(const Memory& memory, const LoadedModule& module) {
  std::optional<std::vector<Arena>> found;
  uint64_t candidates = 0;
  glibc::ForEachWritablePart(memory, module, [&](Address begin, std::span<const uint64_t> words) {
    for (size_t i = 0; i + 1 < words.size() && !found.has_value() && candidates < kMaxCandidates;
         ++i) {
      Address at = begin + i * 8;
      if (words[i] != (at - 16).value() || words[i + 1] != words[i]) continue;
      ++candidates;
      found = ArenasWithLastBin(memory, at);
    }
  });
  return found;
}

bool IsInUse(const std::vector<Arena>& arenas, const std::optional<glibc::Parameters>& parameters) {
  return arenas.size() > 1 || !arenas[0].untouched() ||
         (parameters.has_value() && parameters->n_mmaps > 0);
}

}  // namespace

std::vector<std::unique_ptr<AllocatorWalker>> FindGlibcMalloc(const Target& target,
                                                              std::vector<Dropped>* dropped) {
  std::vector<std::unique_ptr<AllocatorWalker>> walkers;
  for (const LoadedModule& module : target.modules) {
    std::optional<std::vector<Arena>> arenas = FindArenas(*target.memory, module);
    if (!arenas.has_value()) continue;
    std::optional<glibc::Parameters> parameters =
        glibc::FindParameters(*target.memory, module, arenas->front());
    if (!IsInUse(*arenas, parameters)) continue;
    if (!parameters.has_value()) {
      dropped->push_back({"glibc malloc's parameters (mp_) in " + module.module.path, 1,
                          "not found: blocks that have a mapping of their own are not checked"});
    }
    walkers.push_back(glibc::MakeWalker(target, module, arenas->front(), parameters));
  }
  return walkers;
}

}  // namespace seep
