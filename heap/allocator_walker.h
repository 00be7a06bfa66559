// One allocator's heap, read from outside: which blocks are live. One of the three interfaces of
// this folder (Memory, AllocatorWalker, VtableOracle's kind of oracle).
//
// Live and free are told apart exactly, by subtracting every list of free blocks that the allocator
// has, the caches of its threads included, and the two ways of counting are checked against each
// other. A walker does not assume that the target stands still: lists may be torn; every pointer is
// range-checked, every list bounded, and whatever does not add up is counted.
//
// To add an allocator: a folder with its structures (one file), how they are found without symbols
// (one file), the walk (one file); a Find… function, called by FindAllocators.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/address.h"
#include "heap/memory_window.h"
#include "heap/target.h"
#include "snapshot/snapshot.h"

namespace seep {

// Equal blocks in a row. A large block is a run of one.
//
//   start          start + stride
//   ├── block 0 ───┼── block 1 ───┼─ …      live: bit 0, bit 1, …
struct BlockRun {
  Address start;
  uint64_t stride = 0;              // from one block to the next; what each costs
  uint64_t usable = 0;              // bytes of each that the program may use, at most `stride`
  uint64_t count = 0;               // blocks, live and free
  std::span<const uint64_t> live;   // bit i % 64 of word i / 64; empty: all are live
  bool requested_is_known = false;  // `usable` is what the program asked for
  // Of one block that the allocator itself has sampled: the return addresses that led to it, leaf
  // first, valid during the call; how many there was room for; and what `usable` is of its like
  // that were not sampled.
  std::span<const uint64_t> stack = {};
  size_t deepest_stack = 0;
  uint64_t unsampled_usable = 0;

  bool IsLive(uint64_t i) const { return live.empty() || (live[i / 64] >> (i % 64) & 1) != 0; }

  // Calls visit(address) for each live block; returns how many there are.
  template <typename Visit>
  uint64_t ForEachLive(Visit visit) const {
    if (live.empty()) {
      for (uint64_t i = 0; i < count; ++i) visit(start + i * stride);
      return count;
    }
    uint64_t visited = 0;
    for (uint64_t word = 0; word < live.size(); ++word) {
      for (uint64_t bits = live[word]; bits != 0; bits &= bits - 1) {
        uint64_t i = word * 64 + static_cast<uint64_t>(std::countr_zero(bits));
        if (i >= count) break;
        visit(start + i * stride);
        ++visited;
      }
    }
    return visited;
  }
};

using RunSink = absl::FunctionRef<void(const BlockRun&)>;

// Free blocks in one kind of place: "thread caches", "span free lists", "bins".
struct FreeBlocks {
  std::string where;
  uint64_t blocks = 0;
  uint64_t bytes = 0;
};

// Memory that an allocator took from the system, by the call stack that made it need some.
struct HeapGrowth {
  std::vector<uint64_t> stack;  // return addresses, leaf first
  size_t deepest = 0;           // frames that there was room for
  uint64_t times = 0;
  uint64_t bytes = 0;
};

// What a walk says beside the live blocks. Partial results are results: `dropped` has the rest.
struct WalkedHeap {
  uint64_t live_blocks = 0;
  uint64_t live_bytes = 0;             // usable
  uint64_t rounding_bytes = 0;         // Σ stride − usable over live blocks
  std::vector<FreeBlocks> free;        // every kind that the allocator has, also those at 0
  std::vector<AddressRange> heap;      // that it hands blocks out of; rising, disjoint
  std::vector<AddressRange> metadata;  // its own; rising, disjoint, apart from `heap`
  // Blocks by which the two ways of counting differ, summed over spans (slabs, arenas, pages).
  uint64_t discrepancy = 0;
  std::vector<HeapGrowth> growth;  // of an allocator that keeps it
  std::vector<Dropped> dropped;
};

class AllocatorWalker {
 public:
  virtual ~AllocatorWalker() = default;

  // "tcmalloc (gperftools)", "glibc malloc", …
  virtual std::string kind() const = 0;

  // How it was found and what is known of its build: "8 KiB pages, 86 size classes, root at
  // module+0x1234". For people.
  virtual std::string description() const = 0;

  // An address in the module that the allocator's code or data lies in.
  virtual Address anchor() const = 0;

  // Hands every run with a live block to `sink`, mostly in the order of addresses. Walker and sink
  // share `window`. Cost: the metadata, and those heap pages that hold the allocator's own links.
  virtual WalkedHeap Walk(MemoryWindow& window, RunSink sink) = 0;
};

// Every allocator in the target; the target must outlive them. `dropped`: what looked like one and
// could not be read.
std::vector<std::unique_ptr<AllocatorWalker>> FindAllocators(const Target& target,
                                                             std::vector<Dropped>* dropped);

}  // namespace seep
