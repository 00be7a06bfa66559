// Live blocks, counted by what they are: as many rows as there are kinds of blocks, not blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/address.h"
#include "heap/census/block_head.h"
#include "heap/census/bottom_addresses.h"

namespace seep {

struct BlockGroup {
  BlockHead head;
  uint64_t size = 0;  // usable bytes of each block
  uint64_t count = 0;
  Address example;  // one of them, chosen by a hash of its address: the same in two censuses
  BottomAddresses addresses = {};
  static constexpr size_t kNoRow = ~size_t{0};
  size_t row = kNoRow;  // as Add returned it
};

struct DrawnBlock {
  Address block;
  size_t row = 0;
};

class BlockGroups {
 public:
  // Beyond so many kinds (a heap of random large sizes), sizes are rounded up to four steps a
  // doubling: a row of one count and one size no longer has its exact bytes.
  static constexpr size_t kExactKinds = 200'000;

  // Of each kind so many addresses are kept; fewer where those of all kinds would be too many.
  static constexpr size_t kKeptOfAKind = 1024;
  static constexpr size_t kKept = 2'000'000;

  // Returns the row that the block is in, for AddLike.
  size_t Add(const BlockHead& head, uint64_t size, Address address) {
    size_t row = RowOf(head, size);
    AddLike(row, address);
    return row;
  }
  // One more of the same head and size.
  void AddLike(size_t row, Address address) {
    BlockGroup& group = rows_[row];
    ++group.count;
    if (BottomAddresses::Hash(address) <= group.addresses.bound()) Keep(group, address);
  }

  // By row.
  std::vector<uint64_t> Counts() const;

  struct Bytes {
    double all = 0;
    double without_class = 0;
  };
  Bytes bytes() const;

  // Of each row without a class up to kKeptOfAKind blocks, fewer where there are many rows: small
  // enough to look each of them up. By address.
  static constexpr size_t kDrawn = 1 << 17;
  std::vector<DrawnBlock> DrawWithoutClass() const;

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
  static Key KeyOf(const BlockHead& head, uint64_t size);
  size_t RowOf(const BlockHead& head, uint64_t size);
  void Keep(BlockGroup& group, Address address);
  void Prune(BlockGroup& group);

  absl::flat_hash_map<Key, size_t> index_;
  std::vector<BlockGroup> rows_;
  size_t kept_ = 0;  // addresses of all rows
  size_t kept_of_a_kind_ = kKeptOfAKind;
  uint64_t rounded_ = 0;
};

}  // namespace seep
