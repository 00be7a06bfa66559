#include "analysis/sites.h"

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "analysis/allocator_frames.h"

namespace seep {
namespace {

// What makes two frames look alike. Without a source line the position itself is all there is.
using FrameKey = std::tuple<std::string, std::string, uint32_t, std::string, uint64_t, bool>;

FrameKey KeyOf(const SiteFrame& frame) {
  bool has_line = !frame.function.empty() && frame.line != 0;
  return {frame.function, frame.file, frame.line, frame.module, has_line ? 0 : frame.offset,
          frame.inlined};
}

// How a stack looks: its end, then for each frame a number that frames of one look share.
using SiteKey = std::vector<size_t>;

// Names frames one position at a time, and each position once: stacks share most of theirs.
class FrameNamer {
 public:
  FrameNamer(const Snapshot& snapshot, const SymbolTable& symbols, const Shorten& shorten)
      : snapshot_(snapshot), symbols_(symbols), shorten_(shorten) {}

  struct Named {
    std::vector<SiteFrame> frames;  // innermost first
    std::vector<size_t> looks;      // of each
  };

  const Named& Name(const CodeLocation& location) {
    auto [it, fresh] = named_.try_emplace(location);
    Named& named = it->second;
    if (!fresh) return named;
    named.frames = Resolve(location);
    for (const SiteFrame& frame : named.frames) {
      named.looks.push_back(looks_.try_emplace(KeyOf(frame), looks_.size()).first->second);
    }
    return named;
  }

 private:
  std::vector<SiteFrame> Resolve(const CodeLocation& location) const {
    SiteFrame place;
    place.module = ModulePath(snapshot_, location.module);
    place.offset = location.offset;
    const Symbol* symbol = symbols_.Find(location);
    if (symbol == nullptr || symbol->frames.empty()) {
      place.missing =
          symbol == nullptr || symbol->missing.empty() ? "not looked up" : symbol->missing;
      place.short_function = LocationName(snapshot_, location);
      return {place};
    }
    std::vector<SiteFrame> frames;
    for (const Frame& frame : symbol->frames) {
      SiteFrame& named = frames.emplace_back(place);
      named.function = frame.function;
      named.file = frame.file;
      named.line = frame.line;
      named.inlined = frame.inlined;
      named.missing = frame.function.empty() ? symbol->missing : "";
      named.short_function =
          frame.function.empty() ? LocationName(snapshot_, location) : shorten_(frame.function);
    }
    return frames;
  }

  const Snapshot& snapshot_;
  const SymbolTable& symbols_;
  const Shorten& shorten_;
  absl::flat_hash_map<CodeLocation, Named> named_;
  absl::flat_hash_map<FrameKey, size_t> looks_;
};

}  // namespace

Sites::Sites(const Snapshot& snapshot, const SymbolTable& symbols, const Shorten& shorten)
    : snapshot_(snapshot) {
  FrameNamer namer(snapshot, symbols, shorten);
  absl::flat_hash_map<SiteKey, size_t> by_look;
  auto add = [&](StackId stack) {
    auto [known, fresh] = by_stack_.try_emplace(stack, 0);
    if (!fresh) return;
    SiteRow site;
    site.end = stack.is_none() ? StackEnd::kUnknown : snapshot.stacks.end(stack);
    SiteKey look = {static_cast<size_t>(site.end)};
    if (!stack.is_none()) {
      for (const CodeLocation& location : snapshot.stacks.Frames(stack)) {
        const FrameNamer::Named& named = namer.Name(location);
        site.frames.insert(site.frames.end(), named.frames.begin(), named.frames.end());
        look.insert(look.end(), named.looks.begin(), named.looks.end());
      }
    }
    auto [row, new_look] = by_look.try_emplace(std::move(look), rows_.size());
    known->second = row->second;
    if (!new_look) return;
    site.headline = FirstFrameOfInterest(site.frames);
    rows_.push_back(std::move(site));
  };
  for (const Block& block : snapshot.blocks) add(block.stack);
  for (const Turnover& turnover : snapshot.turnover) add(turnover.stack);
  for (const GrowthStack& growth : snapshot.growth) add(growth.stack);
}

std::vector<std::optional<SiteTurnover>> Sites::Turnovers() const {
  std::vector<std::optional<SiteTurnover>> sums(rows_.size());
  for (const Turnover& turnover : snapshot_.turnover) {
    Add(TurnoverOf(turnover), sums[Of(turnover.stack)]);
  }
  return sums;
}

SiteTurnover TurnoverOf(const Turnover& stack) {
  return {{stack.born_objects, stack.born_bytes}, {stack.died_objects, stack.died_bytes}};
}

void Add(const SiteTurnover& part, std::optional<SiteTurnover>& sum) {
  if (!sum) sum.emplace();
  sum->born.objects += part.born.objects;
  sum->born.bytes += part.born.bytes;
  sum->died.objects += part.died.objects;
  sum->died.bytes += part.died.bytes;
}

std::vector<Dropped> UnnamedFrames(const std::vector<SiteRow>& sites) {
  std::map<std::string, uint64_t> by_reason;
  for (const SiteRow& site : sites) {
    for (const SiteFrame& frame : site.frames) {
      if (frame.function.empty()) ++by_reason[frame.missing];
    }
  }
  std::vector<Dropped> unnamed;
  unnamed.reserve(by_reason.size());
  for (const auto& [reason, count] : by_reason) {
    unnamed.push_back({"frames without a function name", count, reason});
  }
  return unnamed;
}

}  // namespace seep
