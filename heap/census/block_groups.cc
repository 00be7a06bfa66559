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
  if (row == rows_.size()) rows_.push_back({.head = head, .size = size, .example = {}, .row = row});
  return row;
}

// In turns of twice as many as shall stay, so that each address costs a few ns.
void BlockGroups::Keep(BlockGroup& group, Address address) {
  group.addresses.Add(address);
  ++kept_;
  if (group.addresses.size() >= 2 * kept_of_a_kind_) Prune(group);
  constexpr size_t kLeastOfAKind = 4;
  while (kept_ > kKept && kept_of_a_kind_ > kLeastOfAKind) {
    kept_of_a_kind_ /= 2;
    for (BlockGroup& row : rows_) Prune(row);
  }
}

void BlockGroups::Prune(BlockGroup& group) {
  kept_ -= group.addresses.size();
  group.addresses.Prune(kept_of_a_kind_);
  kept_ += group.addresses.size();
}

std::vector<uint64_t> BlockGroups::Counts() const {
  std::vector<uint64_t> counts;
  counts.reserve(rows_.size());
  for (const BlockGroup& group : rows_) counts.push_back(group.count);
  return counts;
}

BlockGroups::Bytes BlockGroups::bytes() const {
  Bytes bytes;
  for (const BlockGroup& group : rows_) {
    double of_row = static_cast<double>(group.size) * static_cast<double>(group.count);
    bytes.all += of_row;
    if (!group.head.klass) bytes.without_class += of_row;
  }
  return bytes;
}

std::vector<DrawnBlock> BlockGroups::DrawWithoutClass() const {
  std::vector<DrawnBlock> drawn;
  size_t of_each = kept_of_a_kind_;
  do {
    drawn.clear();
    for (size_t row = 0; row < rows_.size(); ++row) {
      if (rows_[row].head.klass) continue;
      BottomAddresses part = rows_[row].addresses;
      part.Prune(of_each);
      for (Address address : part.addresses()) drawn.push_back({address, row});
    }
    of_each /= 2;
  } while (drawn.size() > kDrawn && of_each > 0);
  std::ranges::sort(drawn, {}, &DrawnBlock::block);
  return drawn;
}

std::vector<BlockGroup> BlockGroups::Take() && {
  std::vector<BlockGroup> groups = std::move(rows_);
  for (BlockGroup& group : groups) {
    group.addresses.Prune(kept_of_a_kind_);
    group.example = group.addresses.Least();
  }
  std::sort(groups.begin(), groups.end(), [](const BlockGroup& a, const BlockGroup& b) {
    Key left = KeyOf(a.head, a.size), right = KeyOf(b.head, b.size);
    return std::tuple(left.head, left.objects, left.size) <
           std::tuple(right.head, right.objects, right.size);
  });
  return groups;
}

}  // namespace seep
