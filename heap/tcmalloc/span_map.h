// The page map of a gperftools heap: every span, in the order of addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "heap/memory.h"
#include "heap/tcmalloc/layout.h"
#include "snapshot/snapshot.h"

namespace seep::tcmalloc {

// Each span has written itself over its first and its last page at least. What lies between may be
// stale: merging spans leaves the entries of the old ones, whose Span may be in use again.
//
//   page   7      8      9      10     11     12
//   entry  A      A'     A'     A      B      0        A: pages 7 to 10; A': stale; B: page 11
//
// So spans are taken from front to back, each by the entry of its first page, and the next one is
// looked for behind its last. A span may begin in one leaf and end in another.
class SpanMap {
 public:
  // Reads the upper levels. `memory` must outlive this.
  SpanMap(const Memory& memory, const PageMapShape& shape, Address root);

  // Once: hands out every span, rising and disjoint. Each leaf is read once, in pieces (2 MiB for 2
  // GiB of heap), and each Span. `dropped` gets entries that no span explains.
  void ForEach(absl::FunctionRef<void(const Span&)> visit, std::vector<Dropped>* dropped);

  // Where the leaves are.
  std::vector<AddressRange> LeafRanges() const;

  // Words of the upper levels that lead to no leaf: 0 in a map that is one.
  uint64_t bad_pointers() const { return bad_pointers_; }

  // The entry of one page; 0 where there is none.
  uint64_t Entry(uint64_t page) const;

 private:
  struct Leaf {
    uint64_t number;  // page >> bits of the leaf
    Address address;
  };
  struct Candidate {
    uint64_t page;
    Address entry;
    size_t at = 0;  // of its Span in spans_
  };

  void AddLeaves(Address node, size_t level, uint64_t number);
  void DropBadLeaves();
  std::optional<size_t> IndexOf(uint64_t leaf_number) const;
  void ReadPiece(uint64_t first_page, Address from, uint64_t count);
  void ReadSpans();
  void TakeSpans(absl::FunctionRef<void(const Span&)> visit);
  uint64_t EntryInPiece(uint64_t page) const;
  bool IsSound(const Span& span, uint64_t page) const;
  std::optional<Span> LookAgain(uint64_t page) const;

  const Memory& memory_;
  PageMapShape shape_;
  std::vector<Leaf> leaves_;  // rising
  uint64_t bad_pointers_ = 0;

  // During ForEach.
  uint64_t next_page_ = 0;  // behind the last span
  uint64_t unexplained_ = 0;
  uint64_t unreadable_ = 0;  // bytes of it
  uint64_t piece_page_ = 0;
  std::vector<uint8_t> entries_;  // from piece_page_ on
  std::vector<Candidate> candidates_;
  std::vector<uint8_t> spans_;
};

}  // namespace seep::tcmalloc
