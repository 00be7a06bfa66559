#include "analysis/block_tables.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"

namespace seep {
namespace {

constexpr uint64_t kSmallest = 16;
constexpr uint64_t kLargest = uint64_t{1} << 62;

// A raw count of vtable pointers finds objects, and no blocks.
constexpr uint64_t kNotKnown = 0;

void Add(const Quantity& live, Quantity& sum) {
  sum.objects += live.objects;
  sum.bytes += live.bytes;
}

std::vector<BlockRow> Sorted(std::vector<BlockRow> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const BlockRow& a, const BlockRow& b) {
    return a.live.bytes.value > b.live.bytes.value;
  });
  return rows;
}

std::string SizeName(uint64_t most) {
  if (most == kNotKnown) return "size not known";
  return absl::StrCat(most == kSmallest ? 1 : most / 2 + 1, " to ", most, " B");
}

}  // namespace

std::vector<BlockRow> ByModule(const std::vector<ClassRow>& classes) {
  std::map<std::string, Quantity> sums;
  for (const ClassRow& row : classes) Add(row.live, sums[row.module]);
  std::vector<BlockRow> rows;
  for (const auto& [module, live] : sums) {
    rows.push_back({module.empty() ? "(no vtable)" : module, live});
  }
  return Sorted(std::move(rows));
}

std::vector<BlockRow> BySize(const Snapshot& snapshot) {
  std::map<uint64_t, Quantity> sums;
  for (const Block& block : snapshot.blocks) {
    uint64_t most =
        block.size == 0 ? kNotKnown : std::bit_ceil(std::clamp(block.size, kSmallest, kLargest));
    auto objects = static_cast<double>(block.objects);
    auto bytes = static_cast<double>(block.size);
    Add({Estimate::OfMany(block.count, objects, block.probability),
         Estimate::OfMany(block.count, bytes, block.probability)},
        sums[most]);
  }
  std::vector<BlockRow> rows;
  for (const auto& [most, live] : sums) rows.push_back({SizeName(most), live});
  return Sorted(std::move(rows));
}

}  // namespace seep
