// The radix tree that leads from a page to its extent.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/address.h"
#include "heap/jemalloc/format.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"

namespace seep::jemalloc {

// How the tree splits a page's number; jemalloc takes the machine that it is built on for the one
// that it will run on (configure: LG_VADDR).
struct RtreeShape {
  const char* machine;
  unsigned root_bits, node_bits, leaf_bits;  // node_bits 0: there are no nodes in between
  unsigned entry_words;                      // of a leaf

  uint64_t root_bytes() const { return kWord << root_bits; }
  uint64_t leaf_bytes() const { return kWord * entry_words << leaf_bits; }
  uint64_t node_bytes() const { return kWord << node_bits; }
  unsigned bits_below_root() const { return node_bits + leaf_bits; }
};
inline constexpr RtreeShape kShapes[] = {
    {"48-bit addresses", 18, 0, 18, 1},
    {"57-bit addresses", 15, 15, 15, 2},
};

// `words`: of one entry.
LeafEntry DecodeEntry(const RtreeShape& shape, const Format& format,
                      std::span<const uint64_t> words);

class Rtree {
 public:
  struct Place {
    Address page;
    LeafEntry entry;
    Address entry_at;  // where the entry is
  };

  // `memory` and `maps` must outlive this.
  Rtree(const Memory& memory, const std::vector<Mapping>& maps, const RtreeShape& shape,
        const Format& format, Address root)
      : memory_(&memory), maps_(&maps), shape_(&shape), format_(&format), root_(root) {}

  const RtreeShape& shape() const { return *shape_; }
  const Format& format() const { return *format_; }
  Address root() const { return root_; }

  // Every page that has an extent's entry, rising. Returns how many subtrees could not be where
  // the tree has them. Cost: the tree's pages, 2 MiB for each GiB of heap.
  uint64_t ForEachPlace(absl::FunctionRef<void(const Place&)> visit) const;

  // The entry as it is now.
  LeafEntry ReadAgain(const Place& place) const;

  // Where the leaves are, rising.
  std::vector<AddressRange> Leaves() const;

 private:
  struct Leaf {
    Address table;
    uint64_t first_page = 0;  // number of the page that the first entry is for
  };
  // Tables that overlap none that came before.
  class Tables;
  std::vector<Leaf> FindLeaves(uint64_t* damaged) const;

  const Memory* memory_;
  const std::vector<Mapping>* maps_;
  const RtreeShape* shape_;
  const Format* format_;
  Address root_;
};

}  // namespace seep::jemalloc
