// Who points at blocks: a second look at a heap, at every word of it, for pointers to few blocks.
//
//   blocks sought ──► a bit for each address (256 KiB) ──► every aligned word of live blocks, data
//                                                          of modules, stacks, other memory
//   A block's holders are kinds of places (class and offset, …), and not places: what holds a
//   million blocks alike is one holder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/census/block_groups.h"
#include "heap/census/block_head.h"
#include "heap/memory_window.h"
#include "heap/target.h"

namespace seep {

// Where a pointer lies.
struct Holder {
  // In falling order of what it tells.
  enum class Where : uint8_t {
    kObject,    // of a class, at an offset in it
    kVariable,  // in the data of a module
    kBlock,     // without a class
    kStack,     // or thread-local
    kElsewhere,
  };
  static constexpr uint64_t kAnywhere = std::numeric_limits<uint64_t>::max();

  Where where = Where::kElsewhere;
  size_t of = 0;      // kObject: index into the oracle's classes; kVariable: into target.modules
  uint64_t size = 0;  // kBlock: usable bytes; of those with kAnywhere, the next power of two
  uint64_t offset =
      0;  // in object or block, or kAnywhere in an array; kVariable: ELF virtual address

  auto operator<=>(const Holder&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const Holder& holder) {
    return H::combine(std::move(h), holder.where, holder.of, holder.size, holder.offset);
  }
};

struct HeldBlock {
  DrawnBlock drawn;
  uint64_t usable = 0;
  bool seen = false;                   // it is still live
  std::vector<uint32_t> holders = {};  // indexes into FoundHolders::holders, at most 8
};

struct FoundHolders {
  std::vector<Holder> holders;
  std::vector<HeldBlock> blocks;  // by address
  uint64_t bytes_searched = 0;
  uint64_t too_many =
      0;  // pointers that were passed over, for there were too many kinds of holders
};

// Pointers to a block's first byte count, and no others. `window` and `examiner`: as in the census.
// Cost: one more walk and a read of all of the heap, of which every word is compared (about the
// cost of a second census), and about 1 µs a pointer found, up to 64 for each block sought.
FoundHolders FindHolders(const Target& target,
                         std::span<const std::unique_ptr<AllocatorWalker>> walkers,
                         std::vector<DrawnBlock> sought, MemoryWindow& window,
                         HeadExaminer& examiner);

}  // namespace seep
