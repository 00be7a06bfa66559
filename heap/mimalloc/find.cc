#include "heap/mimalloc/find.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "heap/mimalloc/segments.h"
#include "heap/mimalloc/walker.h"
#include "heap/module_text.h"
#include "heap/sparse_table.h"
#include "heap/writable_memory.h"

namespace seep {
namespace {

using mimalloc::Format;
using mimalloc::kFormats;

constexpr size_t kMaxCookies = 4096;    // of what may be segments
constexpr uint64_t kEnoughPages = 500;  // to tell formats apart

// How well the pages of what may be segments fit a format.
struct Fit {
  int64_t pages = 0;  // that can be, less those that cannot
  uint64_t full = 0;  // pages with exactly as many blocks as there is room for
  uint64_t seen = 0;

  bool operator<(const Fit& other) const {
    return pages != other.pages ? pages < other.pages : full < other.full;
  }
};

void Examine(const mimalloc::Page& page, Fit* fit) {
  if (!page.in_use()) return;
  bool can_be = mimalloc::IsPlausible(page);
  ++fit->seen;
  fit->pages += can_be ? 1 : -1;
  fit->full += can_be && page.reserved == (page.span.end - page.start) / page.block_size;
}

// By cookie.
std::map<uint64_t, Fit> FitOf(const Target& target, const Format& format) {
  std::map<uint64_t, Fit> fits;
  mimalloc::ForEachSegment(
      *target.memory, target.maps, format, [&](const mimalloc::SegmentHead& segment) {
        if (fits.size() == kMaxCookies && !fits.contains(segment.cookie)) return;
        Fit& fit = fits[segment.cookie];
        if (fit.seen > kEnoughPages) return;
        bool whole = mimalloc::PageTable(*target.memory, format, segment)
                         .ForEach([&fit](const mimalloc::Page& page) { Examine(page, &fit); });
        fit.pages -= whole ? 0 : 1;
      });
  return fits;
}

// The format that most pages of a cookie's segments fit.
std::map<uint64_t, const Format*> FindCookies(const Target& target) {
  std::map<uint64_t, const Format*> found;
  std::map<uint64_t, Fit> best;
  for (const Format& format : kFormats) {
    for (const auto& [cookie, fit] : FitOf(target, format)) {
      auto [known, inserted] = best.try_emplace(cookie, fit);
      if (!inserted && !(known->second < fit)) continue;
      known->second = fit;
      found[cookie] = &format;
    }
  }
  return found;
}

struct Place {
  Address at;
  const LoadedModule* module = nullptr;
};

// Where in the modules' data the cookies are: in the main heap of their mimalloc.
std::map<uint64_t, Place> FindPlaces(const Target& target,
                                     const std::map<uint64_t, const Format*>& cookies) {
  std::map<uint64_t, Place> places;
  if (cookies.empty()) return places;
  for (const LoadedModule& module : target.modules) {
    for (const AddressRange& data : WritableData(module)) {
      VisitTable(*target.memory, data, [&](Address at, std::span<const uint64_t> words) {
        for (size_t i = 0; i < words.size(); ++i) {
          if (words[i] != 0 && cookies.contains(words[i])) {
            places.try_emplace(words[i], Place{at + i * mimalloc::kWord, &module});
          }
        }
        return true;
      });
    }
  }
  return places;
}

}  // namespace

std::vector<std::unique_ptr<AllocatorWalker>> FindMimalloc(const Target& target,
                                                           std::vector<Dropped>* dropped) {
  std::vector<std::unique_ptr<AllocatorWalker>> walkers;
  std::map<uint64_t, const Format*> cookies = FindCookies(target);
  std::vector<const LoadedModule*> walked;
  for (const auto& [cookie, place] : FindPlaces(target, cookies)) {
    const Module& module = place.module->module;
    std::string name = absl::StrFormat("%s+0x%x", module.path.substr(module.path.rfind('/') + 1),
                                       place.at.value() - module.load_bias);
    walkers.push_back(std::make_unique<mimalloc::Walker>(target, *cookies.at(cookie), cookie,
                                                         place.at, std::move(name)));
    walked.push_back(place.module);
  }
  for (const LoadedModule& module : target.modules) {
    if (std::ranges::find(walked, &module) != walked.end()) continue;
    if (!HasText(*target.memory, module, "mimalloc: warning: ")) continue;
    dropped->push_back({"allocators", 1,
                        absl::StrCat(module.module.path,
                                     ": mimalloc without a block yet, or of a version that is not "
                                     "supported (before 2.0.9, or 3)")});
  }
  return walkers;
}

}  // namespace seep
