// Every live block of a process that nobody prepared, counted by class.
//
//   FindAllocators ──► Walk: runs of live blocks ──► first 64 bytes of each ──► class, or content
//                                                                                  │
//   Snapshot ◄── one row for all blocks that are alike: class, place in block, size ┘
//
// Walker and census look through one window, so that each page of the heap is read once. Nothing is
// kept per block: memory goes with kinds of blocks, and with the spans and caches of the allocator.
//
// Where many bytes are in blocks without a class, a second look finds who holds a sample of them
// (holder_search.h), which names them (block_names.h).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/census/recorded_samples.h"
#include "heap/class_table.h"
#include "heap/module_table.h"
#include "heap/page_map.h"
#include "heap/target.h"
#include "snapshot/builder.h"
#include "symbolizer/debug_file_locator.h"

namespace seep {

// What the accounting needs of one heap, beside what its walker says.
struct CountedHeap {
  WalkedHeap walked;
  uint64_t live_blocks = 0;  // that the census was handed
  uint64_t live_bytes = 0;
  uint64_t live_resident = 0;  // of live blocks, rounding included; 0 without a page map
};

// Whether the heap is read a second time, to see who holds the blocks without a class.
enum class HolderLook {
  kAuto,  // if they have 1 % of the live bytes
  kOn,
  kOff,
};

struct CensusOptions {
  // Of the live process; null: a core, which does not know what was in memory.
  const PageMap* pages = nullptr;
  // Of a process with Seep: its samples, which apportion the blocks over their origins. Null: what
  // the allocator itself has sampled does.
  RecordedSamples* recorded = nullptr;
  bool embedded = false;  // objects inside of blocks, too: reads all live memory, not only heads
  // Now and then: blocks seen so far.
  std::function<void(uint64_t blocks)> progress;
  HolderLook holders = HolderLook::kAuto;
  DebugFileLocator::Options files = {};  // where the types of pointers are described
};

// Adds modules, classes, groups of blocks, allocators and what was dropped to `builder`. Returns
// the heaps; empty where no allocator was recognised, which `builder` then says. Cost: about that
// of reading the live heap, on one core; with the second look, of reading it twice, and up to 10 s
// of reading debug information.
std::vector<CountedHeap> TakeCensus(const Target& target, const CensusOptions& options,
                                    SnapshotBuilder& builder);

// The same, where the snapshot has modules and classes already.
std::vector<CountedHeap> TakeCensus(const Target& target, const CensusOptions& options,
                                    ModuleTable& modules, ClassTable classes,
                                    SnapshotBuilder& builder);

}  // namespace seep
