// What blocks without a class are called: the type of the pointer that holds them, or who holds
// them. A sample of each kind of block is looked at, and its shares are given to the kind:
//
//   56 B, pointers: 1,000,000 blocks, 1,024 drawn      512 order::OrderLock
//                                                      256 held only by order::Lock+0x40
//                                                      256 nobody was seen to hold
//   becomes  500,000 + 250,000 + 250,000
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "heap/census/block_groups.h"
#include "heap/census/debug_pointers.h"
#include "heap/census/holder_search.h"
#include "heap/class_table.h"
#include "heap/instances/class_names.h"
#include "heap/target.h"
#include "snapshot/builder.h"

namespace seep {

// Of the blocks of one kind.
struct NamedShare {
  ClassId name;  // none: of those without
  uint64_t drawn = 0;
  Address example;
};

struct KindShares {
  uint64_t drawn = 0;              // that were still live at the second look
  std::vector<NamedShare> shares;  // names, the commonest first; then those without
};

struct BlockNames {
  std::vector<KindShares> kinds;  // by kind; a kind that was not looked at has none
  uint64_t drawn = 0;
  uint64_t gone = 0;  // freed between the two looks

  const KindShares& Of(size_t kind) const {
    static const KindShares kNone;
    return kind < kinds.size() ? kinds[kind] : kNone;
  }
};

// Adds the names to `classes`. counts[kind]: its live blocks.
BlockNames NameBlocks(const Target& target, const FoundHolders& found,
                      std::span<const uint64_t> counts, ClassNames& class_names,
                      DebugPointers& pointers, ClassTable& classes);

// Splits a group by the shares of its kind. Parts are whole blocks, and add up.
struct NamedGroup {
  BlockGroup group;
  ClassId name;  // none
};
std::vector<NamedGroup> SplitByName(const BlockGroup& group, const KindShares& kind);

}  // namespace seep
