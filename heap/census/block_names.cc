#include "heap/census/block_names.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "heap/census/held_types.h"
#include "heap/mangled_name.h"

namespace seep {
namespace {

struct Name {
  std::string text;
  ClassEvidence evidence = ClassEvidence::kHolder;
  auto operator<=>(const Name&) const = default;
};

// Those of one kind that got one name.
struct Named {
  std::vector<size_t> blocks;  // indexes into FoundHolders::blocks
};

class BlockNamer {
 public:
  BlockNamer(const Target& target, const FoundHolders& found, std::span<const double> weights,
             ClassNames& class_names, DebugPointers& pointers)
      : found_(found),
        class_names_(class_names),
        pointers_(pointers),
        types_(target, found, weights, pointers) {}

  // Of `blocks`, all of one kind; those without a name are left out.
  std::map<Name, Named> NameKind(const std::vector<size_t>& blocks) {
    CountHolders(blocks);
    std::map<Name, Named> by_type, by_holder;
    for (size_t i : blocks) {
      if (std::optional<Name> name = NameByType(i)) {
        by_type[*name].blocks.push_back(i);
      } else if (std::string text = NameByHolder(i); !text.empty()) {
        by_holder[{std::move(text)}].blocks.push_back(i);
      }
    }
    for (auto& [name, named] : by_holder) {
      by_type[{PrefixOf(named) + name.text}] = std::move(named);
    }
    return by_type;
  }

 private:
  // What of a place tells who holds: of arrays that are small enough to have elements, not which.
  struct Place {
    Holder holder;
    std::string text;
  };

  std::optional<Name> NameByType(size_t i) {
    uint64_t usable = found_.blocks[i].usable;
    std::optional<HeldTypes::Type> type = types_.TypeOf(i);
    // A container's first node may be held by a stack alone, of which no type is known.
    if (!type && types_.NodeKindOfSize(usable) != NodeKind::kNone) type = types_.TypeOfSize(usable);
    if (!type) return std::nullopt;
    std::string name = pointers_.NameOf(*type);
    uint64_t size = pointers_.SizeOf(*type);
    bool array = size > 0 && !FitsBlock(size, usable) && usable / 2 >= size;
    if (array) name += "[]";
    return Name{MangledClassName(name), ClassEvidence::kPointerType};
  }

  std::string NameByHolder(size_t i) {
    const HeldBlock& block = found_.blocks[i];
    NodeKind node = types_.NodeKindOfSize(block.usable);
    if (node != NodeKind::kNone) return NodeKindName(node);
    std::optional<uint32_t> best = BestHolder(block);
    return best ? TextOf(found_.holders[*best]) : "";
  }

  // The commonest of this kind of block: others are chance. Their like hold one another in lists
  // of the program's own, which tells least.
  std::optional<uint32_t> BestHolder(const HeldBlock& block) const {
    auto rank = [&](uint32_t index) {
      const Holder& holder = found_.holders[index];
      return std::tuple(IsLike(holder, block), -CountOf(holder), holder);
    };
    auto best = std::min_element(block.holders.begin(), block.holders.end(),
                                 [&](uint32_t a, uint32_t b) { return rank(a) < rank(b); });
    return best == block.holders.end() ? std::nullopt : std::optional(*best);
  }

  static bool IsLike(const Holder& holder, const HeldBlock& block) {
    return holder.where == Holder::Where::kBlock && holder.size == block.usable &&
           holder.offset != Holder::kAnywhere;
  }

  void CountHolders(const std::vector<size_t>& blocks) {
    by_place_.clear();
    by_size_.clear();
    for (size_t i : blocks) {
      for (uint32_t index : found_.blocks[i].holders) {
        const Holder& holder = found_.holders[index];
        ++by_place_[holder];
        if (holder.where == Holder::Where::kBlock) ++by_size_[holder.size];
      }
    }
  }
  int64_t CountOf(const Holder& holder) const {
    return IsArray(holder) ? by_size_.at(holder.size) : by_place_.at(holder);
  }

  // Blocks of this size hold at many offsets, none of which stands out.
  bool IsArray(const Holder& holder) const {
    if (holder.where != Holder::Where::kBlock) return false;
    return holder.offset == Holder::kAnywhere ||
           by_place_.at(holder) * 4 < by_size_.at(holder.size);
  }

  std::string TextOf(const Holder& holder) {
    switch (holder.where) {
      case Holder::Where::kObject:
        if (holder.offset == Holder::kAnywhere) {
          return absl::StrCat("arrays of ", class_names_.NameOf(holder.of));
        }
        return absl::StrCat(class_names_.NameOf(holder.of), "+0x", absl::Hex(holder.offset));
      case Holder::Where::kVariable:
        return pointers_.PlaceName(holder.of, holder.offset);
      case Holder::Where::kBlock:
        if (IsArray(holder)) {
          return absl::StrCat("blocks of up to ", std::bit_ceil(holder.size), " B");
        }
        return absl::StrCat(BlockText(holder.size), "+0x", absl::Hex(holder.offset));
      case Holder::Where::kStack:
        return "a stack";
      case Holder::Where::kElsewhere:
        return "memory outside of the heaps";
    }
    return "";
  }

  std::string BlockText(uint64_t usable) {
    if (std::optional<HeldTypes::Type> type = types_.TypeOfSize(usable)) {
      return pointers_.NameOf(*type);
    }
    NodeKind node = types_.NodeKindOfSize(usable);
    return absl::StrCat(node == NodeKind::kNone ? "block" : NodeKindName(node), " of ", usable,
                        " B");
  }

  // "held only by": but for a few, their like apart.
  std::string PrefixOf(const Named& named) {
    constexpr double kNearlyAll = 0.95;
    if (types_.NodeKindOfSize(found_.blocks[named.blocks.front()].usable) != NodeKind::kNone) {
      return "";
    }
    size_t only = 0;
    for (size_t i : named.blocks) {
      const HeldBlock& block = found_.blocks[i];
      std::string best = TextOf(found_.holders[*BestHolder(block)]);
      only += std::all_of(block.holders.begin(), block.holders.end(), [&](uint32_t index) {
        const Holder& holder = found_.holders[index];
        return IsLike(holder, block) || TextOf(holder) == best;
      });
    }
    double share = static_cast<double>(only) / static_cast<double>(named.blocks.size());
    return share >= kNearlyAll ? "held only by " : "held by ";
  }

  const FoundHolders& found_;
  ClassNames& class_names_;
  DebugPointers& pointers_;
  HeldTypes types_;
  // Of the kind at hand: how many blocks are held so.
  std::map<Holder, int64_t> by_place_;
  std::map<uint64_t, int64_t> by_size_;
};

KindShares SharesOf(const std::map<Name, Named>& names, const std::vector<size_t>& blocks,
                    const FoundHolders& found, ClassTable& classes) {
  constexpr size_t kNames = 8;
  constexpr size_t kLeastPart = 100;  // of the sample: fewer are chance, or not worth a row
  KindShares kind{.drawn = blocks.size(), .shares = {}};
  std::vector<std::pair<const Name*, const Named*>> order;
  for (const auto& [name, members] : names) order.push_back({&name, &members});
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second->blocks.size() > b.second->blocks.size();
  });
  std::vector<size_t> rest = blocks;
  for (const auto& [name, members] : order) {
    uint64_t drawn = members->blocks.size();
    if (kind.shares.size() == kNames || drawn * kLeastPart < blocks.size()) break;
    kind.shares.push_back({classes.AddNamed(name->text, name->evidence), drawn,
                           found.blocks[members->blocks.front()].drawn.block});
    rest.erase(std::remove_if(rest.begin(), rest.end(),
                              [&](size_t i) {
                                return std::binary_search(members->blocks.begin(),
                                                          members->blocks.end(), i);
                              }),
               rest.end());
  }
  if (!rest.empty()) {
    kind.shares.push_back({ClassId(), rest.size(), found.blocks[rest.front()].drawn.block});
  }
  return kind;
}

}  // namespace

BlockNames NameBlocks(const Target& target, const FoundHolders& found,
                      std::span<const uint64_t> counts, ClassNames& class_names,
                      DebugPointers& pointers, ClassTable& classes) {
  BlockNames names{.kinds = std::vector<KindShares>(counts.size()), .drawn = found.blocks.size()};
  std::vector<std::vector<size_t>> by_kind(counts.size());
  for (size_t i = 0; i < found.blocks.size(); ++i) {
    found.blocks[i].seen ? by_kind[found.blocks[i].drawn.row].push_back(i) : void(++names.gone);
  }
  std::vector<double> weights(counts.size());
  for (size_t kind = 0; kind < counts.size(); ++kind) {
    weights[kind] = static_cast<double>(counts[kind]) /
                    static_cast<double>(std::max<size_t>(by_kind[kind].size(), 1));
  }
  BlockNamer namer(target, found, weights, class_names, pointers);
  for (size_t kind = 0; kind < counts.size(); ++kind) {
    if (by_kind[kind].empty()) continue;
    names.kinds[kind] = SharesOf(namer.NameKind(by_kind[kind]), by_kind[kind], found, classes);
  }
  return names;
}

// Bounds between parts are rounded, not parts, so that the last one is the whole.
std::vector<NamedGroup> SplitByName(const BlockGroup& group, const KindShares& kind) {
  if (kind.shares.empty()) return {{group, ClassId()}};
  std::vector<NamedGroup> parts;
  uint64_t drawn = 0, given = 0;
  for (const NamedShare& share : kind.shares) {
    drawn += share.drawn;
    auto part = static_cast<long double>(drawn) / static_cast<long double>(kind.drawn);
    auto bound = static_cast<uint64_t>(static_cast<long double>(group.count) * part);
    if (drawn == kind.drawn) bound = group.count;
    if (bound > given) {
      parts.push_back({group, share.name});
      parts.back().group.count = bound - given;
      parts.back().group.example = share.example;
    }
    given = bound;
  }
  return parts;
}

}  // namespace seep
