// The census's second look: at who holds the blocks in which the first saw no class.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "heap/allocator_walker.h"
#include "heap/census/block_groups.h"
#include "heap/census/block_head.h"
#include "heap/census/block_names.h"
#include "heap/census/census.h"
#include "heap/class_table.h"
#include "heap/memory_window.h"
#include "heap/target.h"
#include "heap/vtable_oracle.h"
#include "snapshot/builder.h"

namespace seep {

bool NeedsSecondLook(HolderLook wish, const BlockGroups& groups);

// What both looks share.
struct CensusTools {
  const Target& target;
  VtableOracle& oracle;
  MemoryWindow& window;
  HeadExaminer& examiner;
};

// Says in `builder` what was left out. Cost: FindHolders, and at most about 10 s for debug
// information.
class SecondLook {
 public:
  SecondLook(const CensusTools& tools, std::span<const std::unique_ptr<AllocatorWalker>> walkers,
             const BlockGroups& groups);

  // After the oracle's classes were added, before `classes` goes to the builder.
  BlockNames Name(const BlockGroups& groups, const DebugFileLocator::Options& files,
                  ClassTable& classes, SnapshotBuilder& builder);

 private:
  const CensusTools& tools_;
  FoundHolders found_;
};

}  // namespace seep
