// A sample of blocks, kind by kind, small enough to look each of them up: those with the smallest
// hashes of their addresses. Uniform, and mostly the same blocks in two censuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/mix.h"

namespace seep {

struct DrawnBlock {
  Address block;
  size_t kind = 0;
};

class BlockSample {
 public:
  // A share that is seen in so many has a standard error of 0.8 % at most; kinds of fewer blocks
  // are known to the last block.
  static constexpr size_t kOfEachKind = 4096;
  // Of all kinds. Above it each kind keeps half as many, down to one.
  static constexpr size_t kOfAll = 1 << 17;

  // `kind`: any small number. Cost: for all but a few blocks, a hash.
  void Offer(size_t kind, Address block) {
    if (kind >= kinds_.size()) kinds_.resize(kind + 1);
    uint64_t hash = Mix64(block.value());
    if (hash < kinds_[kind].limit) Keep(kinds_[kind], {hash, block});
  }

  // By address.
  std::vector<DrawnBlock> Take() &&;

 private:
  struct Entry {
    uint64_t hash;
    Address block;
    bool operator<(const Entry& other) const { return hash < other.hash; }
  };
  struct Kind {
    uint64_t limit = ~uint64_t{0};  // kept is only what hashes to less
    std::vector<Entry> kept;        // a heap, the largest hash first
  };

  void Keep(Kind& kind, Entry entry);
  void DropLargest(Kind& kind);

  std::vector<Kind> kinds_;
  size_t of_each_ = kOfEachKind;
  size_t all_ = 0;
};

}  // namespace seep
