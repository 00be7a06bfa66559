// The types of blocks without a class, by the types of the pointers that hold them. What has a type
// gives types to what it holds in turn:
//
//   class Session +0x18 : Config*    ─►  a block of 48 bytes is a Config
//   hash nodes, by their links, that only _Hash_node<pair<…, Entry>> fits    (container_nodes.h)
//     +0x28 : OrderLock*             ─►  a block of 56 bytes is an OrderLock
//       if nearly all of that size are:  OrderLock+0x30 : …
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "heap/census/container_nodes.h"
#include "heap/census/debug_pointers.h"
#include "heap/census/holder_search.h"
#include "heap/target.h"

namespace seep {

class HeldTypes {
 public:
  using Type = DebugPointers::Type;

  // All must outlive this. weights[kind]: live blocks for each that was drawn.
  // Cost: what `pointers` reads; some reads for each size.
  HeldTypes(const Target& target, const FoundHolders& found, std::span<const double> weights,
            DebugPointers& pointers);

  // Of found.blocks[i]. Nothing: no pointer with a type leads to it.
  const std::optional<Type>& TypeOf(size_t i) const { return types_[i]; }

  // Of nearly all blocks without a class of this size, if one is.
  std::optional<Type> TypeOfSize(uint64_t usable) const;
  NodeKind NodeKindOfSize(uint64_t usable) const;

 private:
  struct Size {
    std::vector<size_t> blocks;  // indexes into found_.blocks
    double weight = 0;           // all of them
    NodeKind node = NodeKind::kNone;
    std::optional<Type> type;
  };

  void FindNodes();
  LinkShares SharesOf(uint64_t usable, const Size& size) const;
  std::optional<Type> NodeTypeByLayout(uint64_t usable, const Size& size);
  std::optional<Type> Pointee(const Holder& holder);
  bool IsWorthNaming(const Type& type, uint64_t usable);
  void TypeBlocks();
  bool TypeSizes();
  double WeightOf(size_t block) const { return weights_[found_.blocks[block].drawn.row]; }

  const Target& target_;
  const FoundHolders& found_;
  std::span<const double> weights_;
  DebugPointers& pointers_;
  std::map<uint64_t, Size> sizes_;  // by usable bytes
  std::vector<std::optional<Type>> types_;
};

}  // namespace seep
