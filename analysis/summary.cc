#include "analysis/summary.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace seep {
namespace {

std::optional<double> AgeSeconds(const Snapshot& snapshot, const Block& block) {
  if (block.birth == kBirthUnknown) return std::nullopt;
  return std::max(0.0, Seconds(snapshot.process.captured_at - block.birth));
}

// The part of a split that is in a row.
struct PartOfSplit {
  double blocks = 0;
  double objects = 0;
  double bytes = 0;

  void Add(const Block& block) {
    auto count = static_cast<double>(block.count);
    blocks += count;
    objects += count * static_cast<double>(block.objects);
    bytes += count * static_cast<double>(block.size);
  }

  // `sum` over the part's blocks, with the standard error of a share p of N counted blocks that n
  // other ones, drawn at random among all N + n, have told: N √(p(1 − p)/n · (1 + n/N)). Those n
  // are blocks of the snapshot, too, and count there as samples.
  Estimate Of(double sum, double counted, double drawn) const {
    if (blocks >= counted) return {sum, 0, sum * sum / blocks, static_cast<uint64_t>(counted)};
    double mean = sum / blocks;
    double variance = (counted + drawn) / drawn * blocks * (1 - blocks / counted) * mean * mean;
    return {sum, variance, sum * mean, 0};
  }
};

}  // namespace

BlockList OldestFirst(const Snapshot& snapshot) {
  BlockList order(snapshot.blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return snapshot.blocks[a].birth < snapshot.blocks[b].birth;
  });
  return order;
}

Totals::Totals(const Snapshot& snapshot) : snapshot_(snapshot) {
  for (const Block& block : snapshot.blocks) {
    if (block.split == 0) continue;
    Split& split = splits_[block.split];
    split.blocks += static_cast<double>(block.count);
    split.samples += block.samples;
  }
}

Quantity Totals::Of(std::span<const uint32_t> blocks) const {
  Quantity total;
  std::map<uint32_t, PartOfSplit> parts;  // in order: sums of doubles depend on it
  for (uint32_t i : blocks) {
    const Block& block = snapshot_.blocks[i];
    if (block.split != 0) {
      parts[block.split].Add(block);
      continue;
    }
    total.objects +=
        Estimate::OfMany(block.count, static_cast<double>(block.objects), block.probability);
    total.bytes +=
        Estimate::OfMany(block.count, static_cast<double>(block.size), block.probability);
  }
  for (const auto& [split, part] : parts) {
    const Split& whole = splits_.at(split);
    total.objects += part.Of(part.objects, whole.blocks, whole.samples);
    total.bytes += part.Of(part.bytes, whole.blocks, whole.samples);
  }
  return total;
}

Ages AgesOf(const Snapshot& snapshot, std::span<const uint32_t> blocks) {
  // Those of unknown birth come first.
  while (!blocks.empty() && snapshot.blocks[blocks.front()].birth == kBirthUnknown) {
    blocks = blocks.subspan(1);
  }
  if (blocks.empty()) return {};
  double all = 0;
  auto weight = [&](uint32_t i) {
    const Block& block = snapshot.blocks[i];
    return static_cast<double>(block.count) / block.probability;
  };
  for (uint32_t i : blocks) all += weight(i);
  // The block that holds the middle object.
  double older = 0;
  size_t middle = 0;
  for (; middle + 1 < blocks.size(); ++middle) {
    older += weight(blocks[middle]);
    if (older >= all / 2) break;
  }
  return {AgeSeconds(snapshot, snapshot.blocks[blocks.front()]),
          AgeSeconds(snapshot, snapshot.blocks[blocks[middle]])};
}

double LaterBytes(const Snapshot& snapshot, std::span<const uint32_t> blocks) {
  ObservationTime settled = snapshot.process.captured_at / 10;
  double bytes = 0;
  for (uint32_t i : blocks) {
    const Block& block = snapshot.blocks[i];
    if (block.birth <= settled) continue;
    bytes += static_cast<double>(block.count) * static_cast<double>(block.size) / block.probability;
  }
  return bytes;
}

double Seconds(ObservationTime time) { return static_cast<double>(time) / 1e9; }

double Share(double part, double whole) {
  return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0;
}

}  // namespace seep
