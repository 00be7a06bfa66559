#include "heap/jemalloc/rtree.h"

#include <algorithm>
#include <iterator>

#include "heap/sparse_table.h"
#include "heap/writable_memory.h"

namespace seep::jemalloc {

LeafEntry DecodeEntry(const RtreeShape& shape, const Format& format,
                      std::span<const uint64_t> words) {
  LeafEntry entry;
  if (shape.entry_words == 1) {
    // class << 48 | edata | flags. Addresses are those of user space: nothing to sign-extend.
    entry.edata = Address(words[0] & ((uint64_t{1} << 48) - 1) & ~format.entry_flags);
    entry.size_class = static_cast<uint8_t>(words[0] >> 48);
    entry.slab = (words[0] & 1) != 0;
    return entry;
  }
  entry.edata = Address(words[0]);
  if (format.state_bits == 3) {  // 5.3: class << 5 | state << 2 | is_head << 1 | slab
    entry.size_class = static_cast<uint8_t>(words[1] >> 5);
    entry.slab = (words[1] & 1) != 0;
  } else {  // u32 class, u8 slab
    entry.size_class = static_cast<uint8_t>(words[1]);
    entry.slab = (words[1] >> 32 & 1) != 0;
  }
  return entry;
}

// A table that is named twice, or overlaps another, is damage: without this a few forged pointers
// could make the tree larger than any memory.
class Rtree::Tables {
 public:
  explicit Tables(const std::vector<Mapping>& maps) : maps_(maps) {}

  bool Add(Address table, uint64_t bytes) {
    AddressRange range{table, table + bytes};
    if (table.value() % kCacheline != 0 || !IsWritable(maps_, range)) return false;
    auto after = ranges_.lower_bound({table, table});
    bool overlaps = (after != ranges_.end() && after->begin < range.end) ||
                    (after != ranges_.begin() && std::prev(after)->end > table);
    if (overlaps) return false;
    ranges_.insert(range);
    return true;
  }

 private:
  const std::vector<Mapping>& maps_;
  std::set<AddressRange> ranges_;
};

std::vector<Rtree::Leaf> Rtree::FindLeaves(uint64_t* damaged) const {
  Tables tables(*maps_);
  std::vector<Leaf> leaves;
  auto visit_children = [&](AddressRange table, uint64_t child_bytes, auto child) {
    VisitTable(*memory_, table, [&](Address at, std::span<const uint64_t> words) {
      for (size_t i = 0; i < words.size(); ++i) {
        if (words[i] == 0) continue;
        uint64_t index = (at - table.begin) / kWord + i;
        if (tables.Add(Address(words[i]), child_bytes)) {
          child(index, Address(words[i]));
        } else {
          ++*damaged;
        }
      }
      return true;
    });
  };
  auto add_leaf = [&](uint64_t index, Address table) {
    leaves.push_back({table, index << shape_->leaf_bits});
  };
  AddressRange root{root_, root_ + shape_->root_bytes()};
  if (shape_->node_bits == 0) {
    visit_children(root, shape_->leaf_bytes(), add_leaf);
    return leaves;
  }
  visit_children(root, shape_->node_bytes(), [&](uint64_t upper, Address node) {
    visit_children({node, node + shape_->node_bytes()}, shape_->leaf_bytes(),
                   [&](uint64_t lower, Address table) {
                     add_leaf(upper << shape_->node_bits | lower, table);
                   });
  });
  return leaves;
}

uint64_t Rtree::ForEachPlace(absl::FunctionRef<void(const Place&)> visit) const {
  uint64_t damaged = 0;
  const size_t stride = shape_->entry_words;
  for (const Leaf& leaf : FindLeaves(&damaged)) {
    AddressRange table{leaf.table, leaf.table + shape_->leaf_bytes()};
    VisitTable(*memory_, table, [&](Address at, std::span<const uint64_t> words) {
      uint64_t first = leaf.first_page + (at - leaf.table) / kWord / stride;
      for (size_t i = 0; i + stride <= words.size(); i += stride) {
        if (words[i] == 0) continue;
        LeafEntry entry = DecodeEntry(*shape_, *format_, words.subspan(i, stride));
        if (entry.edata.is_null()) continue;
        visit({Address((first + i / stride) * kPage), entry, at + i * kWord});
      }
      return true;
    });
  }
  return damaged;
}

LeafEntry Rtree::ReadAgain(const Place& place) const {
  uint64_t words[2] = {};
  memory_->Read(place.entry_at, {reinterpret_cast<uint8_t*>(words), kWord * shape_->entry_words});
  return DecodeEntry(*shape_, *format_, words);
}

std::vector<AddressRange> Rtree::Leaves() const {
  uint64_t damaged = 0;
  std::vector<AddressRange> ranges;
  for (const Leaf& leaf : FindLeaves(&damaged)) {
    ranges.push_back({leaf.table, leaf.table + shape_->leaf_bytes()});
  }
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

}  // namespace seep::jemalloc
