#include "heap/census/block_groups.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

namespace seep {
namespace {

uint64_t RoundUpInSteps(uint64_t size) {
  if (size < 8) return size;
  uint64_t step = std::bit_floor(size) / 4;
  return (size + step - 1) / step * step;
}

}  // namespace

// 2^18 classes at most, objects that start at most 64 bytes into a block, six contents.
BlockGroups::Key BlockGroups::KeyOf(const BlockHead& head, uint64_t size) {
  uint64_t klass = head.klass ? *head.klass + 1 : 0;
  return {klass << 32 | uint64_t{head.class_offset} << 8 | static_cast<uint64_t>(head.content),
          head.objects, size};
}

size_t BlockGroups::RowOf(const BlockHead& head, uint64_t size) {
  auto known = index_.find(KeyOf(head, size));
  if (known != index_.end()) return known->second;
  if (rows_.size() >= kExactKinds) {
    uint64_t rounded = RoundUpInSteps(size);
    rounded_ += rounded != size;
    size = rounded;
  }
  size_t row = index_.try_emplace(KeyOf(head, size), rows_.size()).first->second;
  if (row == rows_.size()) {
    rows_.push_back({{.head = head, .size = size, .example = {}}, ~uint64_t{0}});
  }
  return row;
}

std::vector<BlockGroup> BlockGroups::Take() && {
  std::vector<BlockGroup> groups;
  groups.reserve(rows_.size());
  for (Row& row : rows_) groups.push_back(row.group);
  std::sort(groups.begin(), groups.end(), [](const BlockGroup& a, const BlockGroup& b) {
    Key left = KeyOf(a.head, a.size), right = KeyOf(b.head, b.size);
    return std::tuple(left.head, left.objects, left.size) <
           std::tuple(right.head, right.objects, right.size);
  });
  return groups;
}

}  // namespace seep
