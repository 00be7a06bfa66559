#include "analysis/summary.h"

#include <algorithm>
#include <numeric>

namespace seep {
namespace {

std::optional<double> AgeSeconds(const Snapshot& snapshot, const Block& block) {
  if (block.birth == kBirthUnknown) return std::nullopt;
  return std::max(0.0, Seconds(snapshot.process.captured_at - block.birth));
}

}  // namespace

BlockList OldestFirst(const Snapshot& snapshot) {
  BlockList order(snapshot.blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return snapshot.blocks[a].birth < snapshot.blocks[b].birth;
  });
  return order;
}

Quantity Total(const Snapshot& snapshot, std::span<const uint32_t> blocks) {
  Quantity total;
  for (uint32_t i : blocks) {
    const Block& block = snapshot.blocks[i];
    total.objects +=
        Estimate::OfMany(block.count, static_cast<double>(block.objects), block.probability);
    total.bytes +=
        Estimate::OfMany(block.count, static_cast<double>(block.size), block.probability);
  }
  return total;
}

Ages AgesOf(const Snapshot& snapshot, std::span<const uint32_t> blocks) {
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
