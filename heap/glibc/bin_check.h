// Are the free chunks that a walk meets those that the arena's bins hold? Each bin is a ring, so
// that over all of them, bins included, the set of addresses and the set of `fd`s are the same:
// sums of hashes tell, without going along any list.
#pragma once

#include <cstdint>

#include "heap/glibc/arena.h"
#include "heap/glibc/chunk_reader.h"
#include "heap/glibc/walk_budget.h"
#include "heap/memory.h"

namespace seep::glibc {

class BinCheck {
 public:
  explicit BinCheck(const Arena& arena);

  void Add(const ChainedChunk& free_chunk);

  bool Agrees() const { return addresses_ == links_; }
  // By how many chunks the walk and the bins differ. Cost: nothing where they agree; else a read
  // for each chunk in the bins.
  uint64_t Difference(const Memory& memory, const Arena& arena, Budget& links) const;

 private:
  uint64_t addresses_ = 0;
  uint64_t links_ = 0;
  uint64_t chunks_ = 0;
};

}  // namespace seep::glibc
