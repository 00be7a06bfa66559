// Objects inside of live blocks, beside those that block heads show: members and bases of a size of
// their own, elements of a vector, objects in arenas and pools.
//
//   block   │ vptr of A │ … │ vptr of B │ … │ vptr of B │ … │ second vptr of A │
//             head: A         embedded: B     embedded: B     A's, whose offset to top is not 0
//
// A complete object starts with a vtable pointer whose offset to top is 0; its other vtable
// pointers (multiple inheritance) have one below 0. So counting the former counts each object once.
// Bytes may be stale: what a vector has popped, and memory that a pool or an arena has taken back,
// keep them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "heap/census/block_head.h"
#include "heap/memory_window.h"

namespace seep {

class EmbeddedCounter {
 public:
  // Both must outlive this.
  EmbeddedCounter(HeadExaminer& examiner, MemoryWindow& window)
      : examiner_(examiner), window_(window) {}

  // Every aligned word of the block, of which `head` is known. Cost: 1 to 2 ns a word, and reading
  // it; absent pages are skipped.
  void Count(Address block, uint64_t usable, const BlockHead& head);

  // By the oracle's class; classes beyond the end have none.
  const std::vector<uint64_t>& by_class() const { return by_class_; }
  uint64_t absent_bytes() const { return absent_bytes_; }

 private:
  void CountIn(std::span<const uint8_t> bytes, uint64_t* in_head, const BlockHead& head);

  HeadExaminer& examiner_;
  MemoryWindow& window_;
  std::vector<uint64_t> by_class_;
  uint64_t absent_bytes_ = 0;
};

}  // namespace seep
