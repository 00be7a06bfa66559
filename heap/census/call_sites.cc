#include "heap/census/call_sites.h"

#include <map>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace seep {
namespace {

struct Site {
  StackId stack;
  uint64_t samples = 0;
  Address example;  // a sampled block: of the others it is not known which are of this site
};

struct Sites {
  std::vector<Site> rows;
  uint64_t samples = 0;
};

using Likeness = std::tuple<std::optional<size_t>, uint32_t, Content, uint64_t, uint64_t>;

Likeness LikenessOf(const BlockHead& head, uint64_t size) {
  return {head.klass, head.class_offset, head.content, head.objects, size};
}

// Bounds between parts are rounded, not parts, so that the last one is the whole.
void Split(const BlockGroup& whole, const Sites& sites, std::vector<BlockGroup>& parts) {
  uint64_t samples = 0, given = 0;
  for (const Site& site : sites.rows) {
    samples += site.samples;
    auto share = static_cast<long double>(samples) / static_cast<long double>(sites.samples);
    auto bound = static_cast<uint64_t>(static_cast<long double>(whole.count) * share);
    if (samples == sites.samples) bound = whole.count;
    if (bound > given) {
      BlockGroup part = whole;
      part.count = bound - given;
      part.example = site.example;
      part.stack = site.stack;
      parts.push_back(part);
    }
    given = bound;
  }
}

}  // namespace

StackId SampledStacks::Intern(std::span<const uint64_t> leaf_first) {
  constexpr size_t kDeepest = 31;  // gperftools' kMaxStackDepth
  std::vector<CodeLocation> frames;
  for (uint64_t address : leaf_first) frames.push_back(modules_.Locate(Address(address)));
  StackEnd end = frames.size() < kDeepest ? StackEnd::kComplete : StackEnd::kTruncated;
  return builder_.stacks().Intern(frames, end);
}

ApportionedSites ApportionSites(std::vector<BlockGroup> groups) {
  ApportionedSites result;
  std::map<Likeness, Sites> by_likeness;
  for (const BlockGroup& group : groups) {
    if (group.stack.is_none()) continue;
    Sites& sites = by_likeness[LikenessOf(group.head, group.unsampled_size)];
    sites.rows.push_back({group.stack, group.count, group.example});
    sites.samples += group.count;
    result.samples += group.count;
  }
  for (const BlockGroup& group : groups) {
    auto sites = by_likeness.end();
    if (group.stack.is_none()) sites = by_likeness.find(LikenessOf(group.head, group.size));
    if (sites == by_likeness.end() || sites->second.samples < kLeastSamples) {
      if (group.stack.is_none()) result.unknown += group.count;
      result.groups.push_back(group);
      continue;
    }
    Split(group, sites->second, result.groups);
    result.apportioned += group.count;
  }
  return result;
}

void AddDropped(const ApportionedSites& sites, SnapshotBuilder& builder) {
  if (sites.samples == 0) return;
  builder.AddDropped(
      "call sites of counted blocks", sites.apportioned,
      absl::StrCat("apportioned by ", sites.samples,
                   " samples of the allocator's own, size by size; tcmalloc before 2.16 samples "
                   "none of the main thread's first 16 MiB"));
  builder.AddDropped(
      "call sites of counted blocks", sites.unknown,
      absl::StrCat("not known: fewer than ", kLeastSamples, " samples of their class and size"));
}

}  // namespace seep
