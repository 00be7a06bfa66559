#include "heap/census/call_sites.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seep {
namespace {

// What samples may be told from: the same in the block, and the same size.
using Likeness = std::pair<BlockHead, uint64_t>;

struct Sites {
  std::vector<const SampledGroup*> rows;
  uint64_t samples = 0;
  double weight = 0;          // Σ 1/p
  double squared_weight = 0;  // Σ 1/p²

  void Add(const SampledGroup& row) {
    auto count = static_cast<double>(row.blocks.count);
    double weight_of_one = 1 / row.origin.probability;
    rows.push_back(&row);
    samples += row.blocks.count;
    weight += count * weight_of_one;
    squared_weight += count * weight_of_one * weight_of_one;
  }

  // As many equal ones as tell as much (Kish): all of them where they weigh alike.
  double Effective() const { return weight * weight / squared_weight; }
};

// Bounds between parts are rounded, not parts, so that the last one ends where the whole does.
class Bounds {
 public:
  Bounds(uint64_t whole, double weight) : whole_(whole), weight_(weight) {}

  // What lies between the last bound and that of so much weight.
  uint64_t Next(double weight, bool last) {
    double share = std::min(1.0, weight / weight_);
    auto bound = last
                     ? whole_
                     : std::min(whole_, static_cast<uint64_t>(static_cast<double>(whole_) * share));
    bound = std::max(bound, given_);
    return bound - std::exchange(given_, bound);
  }

 private:
  uint64_t whole_;
  double weight_;
  uint64_t given_ = 0;
};

void Split(const BlockGroup& whole, const Sites& sites, uint32_t split,
           std::vector<OriginGroup>& parts) {
  constexpr double kMost = std::numeric_limits<uint32_t>::max();
  double effective = sites.Effective();
  double weight = 0;
  Bounds blocks(whole.count, sites.weight);
  for (const SampledGroup* site : sites.rows) {
    double part = static_cast<double>(site->blocks.count) / site->origin.probability;
    weight += part;
    uint64_t count = blocks.Next(weight, site == sites.rows.back());
    if (count == 0) continue;
    OriginGroup& group = parts.emplace_back();
    group.blocks = whole;
    group.blocks.count = count;
    // A drawn block: of the others it is not known which are of this origin.
    group.blocks.example = site->blocks.example;
    group.origin = site->origin;
    group.origin.serial = 0;
    group.split = split;
    group.samples =
        static_cast<uint32_t>(std::clamp(std::round(effective * part / sites.weight), 1.0, kMost));
  }
}

}  // namespace

StackId SampledStacks::Intern(std::span<const uint64_t> leaf_first, size_t deepest) {
  std::vector<CodeLocation> frames;
  for (uint64_t address : leaf_first) frames.push_back(modules_.Locate(Address(address)));
  StackEnd end = frames.size() < deepest ? StackEnd::kComplete : StackEnd::kTruncated;
  return builder_.stacks().Intern(frames, end);
}

ApportionedSites ApportionSites(const std::vector<BlockGroup>& counted,
                                const std::vector<SampledGroup>& sampled) {
  ApportionedSites result;
  std::map<Likeness, Sites> by_likeness;
  for (const SampledGroup& group : sampled) {
    by_likeness[{group.blocks.head, group.unsampled_size}].Add(group);
    result.samples += group.blocks.count;
    result.groups.push_back({.blocks = group.blocks, .origin = group.origin});
  }
  uint32_t splits = 0;
  for (const BlockGroup& group : counted) {
    auto sites = by_likeness.find({group.head, group.size});
    if (sites == by_likeness.end() || sites->second.samples < kLeastSamples) {
      result.unknown += group.count;
      result.groups.push_back({.blocks = group});
      continue;
    }
    Split(group, sites->second, ++splits, result.groups);
    result.apportioned += group.count;
  }
  return result;
}

void AddDropped(const ApportionedSites& sites, std::string_view whose, SnapshotBuilder& builder) {
  if (sites.samples == 0) return;
  builder.AddDropped("call sites of counted blocks", sites.apportioned,
                     absl::StrCat("apportioned by ", sites.samples, " samples of ",
                                  absl::string_view(whose.data(), whose.size())));
  builder.AddDropped(
      "call sites of counted blocks", sites.unknown,
      absl::StrCat("not known: fewer than ", kLeastSamples, " samples of their class and size"));
}

}  // namespace seep
