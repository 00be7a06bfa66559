#include "heap/census/held_types.h"

#include <algorithm>
#include <string>
#include <utility>

namespace seep {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr double kNearlyAll = 0.9;
// A chain of blocks that are known by one another: a node, its value, what that points at, …
constexpr int kRounds = 8;

}  // namespace

HeldTypes::HeldTypes(const Target& target, const FoundHolders& found,
                     std::span<const double> weights, DebugPointers& pointers)
    : target_(target),
      found_(found),
      weights_(weights),
      pointers_(pointers),
      types_(found.blocks.size()) {
  for (size_t i = 0; i < found.blocks.size(); ++i) {
    if (!found.blocks[i].seen) continue;
    Size& size = sizes_[found.blocks[i].usable];
    size.blocks.push_back(i);
    size.weight += WeightOf(i);
  }
  FindNodes();
  for (int round = 0; round < kRounds; ++round) {
    TypeBlocks();
    if (!TypeSizes()) break;
  }
}

std::optional<HeldTypes::Type> HeldTypes::TypeOfSize(uint64_t usable) const {
  auto it = sizes_.find(usable);
  return it == sizes_.end() ? std::nullopt : it->second.type;
}

NodeKind HeldTypes::NodeKindOfSize(uint64_t usable) const {
  auto it = sizes_.find(usable);
  return it == sizes_.end() ? NodeKind::kNone : it->second.node;
}

void HeldTypes::FindNodes() {
  constexpr size_t kFew = 16;  // of so few blocks the links say nothing
  for (auto& [usable, size] : sizes_) {
    if (size.blocks.size() < kFew) continue;
    size.node = NodeKindByLinks(SharesOf(usable, size));
    if (size.node != NodeKind::kNone) size.type = NodeTypeByLayout(usable, size);
  }
}

LinkShares HeldTypes::SharesOf(uint64_t usable, const Size& size) const {
  LinkShares shares;
  for (size_t block : size.blocks) {
    std::array<bool, 4> by_like = {};
    bool in_array = false;
    for (uint32_t index : found_.blocks[block].holders) {
      const Holder& holder = found_.holders[index];
      if (holder.where != Holder::Where::kBlock) continue;
      in_array |= holder.offset == Holder::kAnywhere || holder.size > usable;
      if (holder.size != usable || holder.offset / kWord >= by_like.size()) continue;
      by_like[holder.offset / kWord] = true;
    }
    double share = WeightOf(block) / size.weight;
    for (size_t i = 0; i < by_like.size(); ++i) shares.by_like[i] += by_like[i] ? share : 0;
    shares.as_child += by_like[2] || by_like[3] ? share : 0;
    shares.in_array += in_array ? share : 0;
  }
  return shares;
}

// The one type of node that fits; nothing if several do.
std::optional<HeldTypes::Type> HeldTypes::NodeTypeByLayout(uint64_t usable, const Size& size) {
  constexpr size_t kProfiled = 64;
  std::vector<Address> blocks;
  for (size_t i = 0; i < std::min(size.blocks.size(), kProfiled); ++i) {
    // Spread over the heap: blocks are in order of their addresses.
    size_t spread = i * size.blocks.size() / std::min(size.blocks.size(), kProfiled);
    blocks.push_back(found_.blocks[size.blocks[spread]].drawn.block);
  }
  WordProfile profile = ProfileWords(target_, blocks, usable);
  std::optional<Type> found;
  for (const Type& node : pointers_.Nodes(size.node)) {
    uint64_t bytes = pointers_.SizeOf(node);
    if (!FitsBlock(bytes, usable)) continue;
    if (!FitsProfile(pointers_.PointersOf(node), bytes, profile)) continue;
    if (found) return std::nullopt;
    found = node;
  }
  return found;
}

std::optional<HeldTypes::Type> HeldTypes::Pointee(const Holder& holder) {
  if (holder.offset == Holder::kAnywhere) return std::nullopt;
  switch (holder.where) {
    case Holder::Where::kObject:
      return pointers_.InObject(holder.of, holder.offset);
    case Holder::Where::kVariable:
      return pointers_.InVariable(holder.of, holder.offset);
    case Holder::Where::kBlock:
      if (std::optional<Type> type = TypeOfSize(holder.size)) {
        return pointers_.In(*type, holder.offset);
      }
      return std::nullopt;
    case Holder::Where::kStack:
    case Holder::Where::kElsewhere:
      return std::nullopt;
  }
  return std::nullopt;
}

// A char* leads to text or to anything: who holds it tells more. An object that is larger than the
// block is somewhere else.
bool HeldTypes::IsWorthNaming(const Type& type, uint64_t usable) {
  uint64_t size = pointers_.SizeOf(type);
  return size != 1 && size <= usable && !pointers_.NameOf(type).empty();
}

// Of several pointers with types, one to a base and one to the class, the larger object counts.
void HeldTypes::TypeBlocks() {
  std::vector<std::optional<Type>> pointees;
  for (const Holder& holder : found_.holders) pointees.push_back(Pointee(holder));
  for (size_t i = 0; i < types_.size(); ++i) {
    const HeldBlock& block = found_.blocks[i];
    for (uint32_t holder : block.holders) {
      const std::optional<Type>& type = pointees[holder];
      if (!block.seen || !type || !IsWorthNaming(*type, block.usable)) continue;
      if (!types_[i] || pointers_.SizeOf(*types_[i]) < pointers_.SizeOf(*type)) types_[i] = type;
    }
  }
}

// True: one more size has a type. Nodes hold one another, so that the few of them that are held
// from outside, by their container, tell what all of them are.
bool HeldTypes::TypeSizes() {
  bool changed = false;
  for (auto& [usable, size] : sizes_) {
    if (size.type) continue;
    std::map<std::string, std::pair<double, Type>> by_name;
    double typed = 0;
    for (size_t block : size.blocks) {
      if (!types_[block]) continue;
      auto named = by_name.try_emplace(pointers_.NameOf(*types_[block]), 0, *types_[block]).first;
      named->second.first += WeightOf(block);
      typed += WeightOf(block);
    }
    for (const auto& [name, weighed] : by_name) {
      bool node = size.node != NodeKind::kNone && pointers_.NodeKindOf(weighed.second) == size.node;
      if (weighed.first < kNearlyAll * (node ? typed : size.weight)) continue;
      if (!FitsBlock(pointers_.SizeOf(weighed.second), usable)) continue;
      size.type = weighed.second;
      changed = true;
    }
  }
  return changed;
}

}  // namespace seep
