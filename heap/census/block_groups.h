// Live blocks, counted by what they are: as many rows as there are kinds of blocks, not blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/address.h"
#include "base/mix.h"
#include "heap/census/block_head.h"

namespace seep {

struct BlockGroup {
  BlockHead head;
  uint64_t size = 0;  // usable bytes of each block
  uint64_t count = 0;
  Address example;  // one of them, chosen by a hash of its address: the same in two censuses
};

class BlockGroups {
 public:
  // Beyond so many kinds (a heap of random large sizes), sizes are rounded up to four steps a
  // doubling: a row of one count and one size no longer has its exact bytes.
  static constexpr size_t kExactKinds = 200'000;

  // Returns the row that the block is in, for AddLike.
  size_t Add(const BlockHead& head, uint64_t size, Address address) {
    size_t row = RowOf(head, size);
    AddLike(row, address);
    return row;
  }
  // One more of the same head and size.
  void AddLike(size_t row, Address address) {
    Row& counted = rows_[row];
    ++counted.group.count;
    uint64_t hash = Mix64(address.value());
    if (hash > counted.least_hash) return;
    counted.least_hash = hash;
    counted.group.example = address;
  }

  // By head and size.
  std::vector<BlockGroup> Take() &&;

  uint64_t rounded() const { return rounded_; }  // blocks whose size was

 private:
  struct Key {
    uint64_t head = 0;  // packed
    uint64_t objects = 0;
    uint64_t size = 0;
    bool operator==(const Key&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.head, key.objects, key.size);
    }
  };
  struct Row {
    BlockGroup group;
    uint64_t least_hash = 0;
  };

  static Key KeyOf(const BlockHead& head, uint64_t size);
  size_t RowOf(const BlockHead& head, uint64_t size);

  absl::flat_hash_map<Key, size_t> index_;
  std::vector<Row> rows_;
  uint64_t rounded_ = 0;
};

}  // namespace seep
