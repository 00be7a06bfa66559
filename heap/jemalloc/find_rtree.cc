#include "heap/jemalloc/find_rtree.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "heap/jemalloc/size_classes.h"
#include "heap/sparse_table.h"
#include "heap/writable_memory.h"

namespace seep::jemalloc {
namespace {

constexpr unsigned kEnoughVotes = 256;
constexpr unsigned kEnoughWrong = 32;  // entries without a vote: this is something else
constexpr unsigned kMaxEntries = 1 << 16;
// A program may have tables of pointers of its own; each costs a small read or two.
constexpr unsigned kMaxCandidates = 1 << 15;

// What one entry says of the place of its leaf in the tree.
struct Evidence {
  enum Kind { kNone, kPossible, kStrong };
  Kind kind = kNone;
  uint64_t root_index = 0;
};

// A slab has 1 to 512 blocks. A large block has at most some pages more than it needs (the smallest
// have four); one that jemalloc's profiler has sampled is large whatever its class, and 5.3.1 gives
// blocks of whole pages the next class above.
bool HasSizeOfItsClass(const Extent& extent) {
  const uint64_t pages = extent.pages.size();
  const uint64_t block = kSizeOfClass[extent.size_class];
  if (extent.slab) return block <= pages && pages / block <= kMaxBlocksOfSlab;
  uint64_t below = extent.size_class == 0 ? 0 : kSizeOfClass[extent.size_class - 1];
  return pages > below && pages <= std::max(block, 4 * kPage) + 4 * kPage;
}

// Does entry `index` (counted below the root) name an extent that holds its page? Of extents in
// use, entry and edata hold the same class: strong evidence. Of the others they need not (until
// 5.2).
Evidence Examine(const Memory& memory, const std::vector<Mapping>& maps, const RtreeShape& shape,
                 const Format& format, uint64_t index, std::span<const uint64_t> words) {
  LeafEntry entry = DecodeEntry(shape, format, words);
  // A page that was given back keeps the class after the last.
  if (entry.edata.is_null() && entry.size_class >= kSizeClasses) return {Evidence::kPossible, 0};
  uint8_t edata[24];
  if (entry.edata.is_null() || entry.edata.value() % kCacheline != 0 ||
      memory.Read(entry.edata, edata) != sizeof(edata)) {
    return {};
  }
  std::optional<Extent> extent = DecodeExtent(format, edata);
  if (!extent.has_value() || !IsMapped(maps, extent->pages)) return {};
  bool in_use = extent->state == 0 && extent->size_class < kSizeClasses;
  if (in_use && (extent->slab != entry.slab || extent->size_class != entry.size_class ||
                 !HasSizeOfItsClass(*extent))) {
    return {};
  }
  uint64_t first = extent->pages.begin.value() / kPage;
  uint64_t last = extent->pages.end.value() / kPage - 1;
  uint64_t mask = (uint64_t{1} << shape.bits_below_root()) - 1;
  for (uint64_t upper : {first & ~mask, last & ~mask}) {
    uint64_t page = upper | index;
    if (first > page || page > last) continue;
    return {in_use ? Evidence::kStrong : Evidence::kPossible, page >> shape.bits_below_root()};
  }
  return {};
}

// Calls `visit(index, entry)` for the set entries of a leaf, until it returns false; then, or if it
// cannot be a leaf, returns false. `first`: the index of its first entry below the root.
template <typename Visit>
bool VisitLeaf(const Memory& memory, const std::vector<Mapping>& maps, const RtreeShape& shape,
               Address leaf, uint64_t first, Visit visit) {
  AddressRange table{leaf, leaf + shape.leaf_bytes()};
  if (leaf.value() % kCacheline != 0 || !IsWritable(maps, table)) return false;
  const size_t stride = shape.entry_words;
  bool go_on = true;
  VisitTable(memory, table, [&](Address at, std::span<const uint64_t> words) {
    for (size_t i = 0; go_on && i + stride <= words.size(); i += stride) {
      if (words[i] == 0) continue;
      go_on = visit(first + ((at - leaf) / kWord + i) / stride, words.subspan(i, stride));
    }
    return go_on;
  });
  return go_on;
}

// The same for all leaves below a root's child.
template <typename Visit>
void VisitEntries(const Memory& memory, const std::vector<Mapping>& maps, const RtreeShape& shape,
                  Address child, Visit visit) {
  if (shape.node_bits == 0) {
    VisitLeaf(memory, maps, shape, child, 0, visit);
    return;
  }
  VisitTable(memory, {child, child + shape.node_bytes()},
             [&](Address at, std::span<const uint64_t> words) {
               for (size_t i = 0; i < words.size(); ++i) {
                 if (words[i] == 0) continue;
                 uint64_t first = ((at - child) / kWord + i) << shape.leaf_bits;
                 if (!VisitLeaf(memory, maps, shape, Address(words[i]), first, visit)) return false;
               }
               return true;
             });
}

// A root's child, and what most of its entries agree in.
struct Child {
  const Format* format = nullptr;
  uint64_t root_index = 0;
};

std::optional<Child> ExamineChild(const Memory& memory, const std::vector<Mapping>& maps,
                                  const RtreeShape& shape, Address child) {
  std::map<std::tuple<const Format*, uint64_t>, unsigned> votes;
  unsigned seen = 0, wrong = 0;
  VisitEntries(memory, maps, shape, child, [&](uint64_t index, std::span<const uint64_t> words) {
    bool possible = false;
    for (const Format& format : kFormats) {
      Evidence evidence = Examine(memory, maps, shape, format, index, words);
      possible |= evidence.kind != Evidence::kNone;
      if (evidence.kind == Evidence::kStrong) ++votes[{&format, evidence.root_index}];
    }
    wrong += !possible;
    ++seen;
    if (votes.empty()) return wrong < kEnoughWrong && seen < kMaxEntries;
    return seen < kEnoughVotes;
  });
  if (votes.empty()) return std::nullopt;
  auto best = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return Child{std::get<0>(best->first), std::get<1>(best->first)};
}

// Other data may lead to a leaf, too (a thread's cache of looked-up leaves), but only a root holds
// nothing else. A child may be newer than the maps.
bool IsRoot(const Memory& memory, const std::vector<Mapping>& maps, const RtreeShape& shape,
            Address root) {
  uint64_t child_bytes = shape.node_bits > 0 ? shape.node_bytes() : shape.leaf_bytes();
  uint64_t children = 0, others = 0;
  VisitTable(memory, {root, root + shape.root_bytes()},
             [&](Address, std::span<const uint64_t> words) {
               for (uint64_t word : words) {
                 if (word == 0) continue;
                 AddressRange child{Address(word), Address(word) + child_bytes};
                 ++(word % kCacheline == 0 && IsWritable(maps, child) ? children : others);
               }
               return true;
             });
  return others == 0 || others <= children / 4;
}

// The tree, if `word`, at `at` in `data`, is its root's pointer to a child.
std::optional<Rtree> RootAround(const Memory& memory, const std::vector<Mapping>& maps,
                                const RtreeShape& shape, AddressRange data, Address at,
                                Address word) {
  std::optional<Child> child = ExamineChild(memory, maps, shape, word);
  if (!child.has_value() || child->root_index * kWord > at - data.begin) return std::nullopt;
  Address root = at - child->root_index * kWord;
  if (root + shape.root_bytes() > data.end || !IsRoot(memory, maps, shape, root)) {
    return std::nullopt;
  }
  return Rtree(memory, maps, shape, *child->format, root);
}

// Of the words around words[i], those that are set are aligned like a root's children. Rules out
// the program's own tables of pointers without a read.
bool CanBeInRoot(std::span<const uint64_t> words, size_t i) {
  size_t first = i < 4 ? 0 : i - 4;
  return std::ranges::all_of(words.subspan(first, std::min<size_t>(9, words.size() - first)),
                             [](uint64_t word) { return word % kCacheline == 0; });
}

std::optional<Rtree> FindRoot(const Memory& memory, const std::vector<Mapping>& maps,
                              const RtreeShape& shape, AddressRange data) {
  const uint64_t child_bytes = shape.node_bits > 0 ? shape.node_bytes() : shape.leaf_bytes();
  std::optional<Rtree> tree;
  unsigned candidates = 0;
  VisitTable(memory, data, [&](Address at, std::span<const uint64_t> words) {
    for (size_t i = 0; i < words.size() && !tree.has_value(); ++i) {
      Address child(words[i]);
      if (child.is_null() || !CanBeInRoot(words, i) || data.contains(child)) continue;
      if (!IsWritable(maps, {child, child + child_bytes})) continue;
      if (++candidates > kMaxCandidates) return false;
      tree = RootAround(memory, maps, shape, data, at + i * kWord, child);
    }
    return !tree.has_value();
  });
  return tree;
}

}  // namespace

std::optional<Rtree> FindRtree(const Memory& memory, const std::vector<Mapping>& maps,
                               const LoadedModule& module) {
  for (const AddressRange& data : WritableData(module)) {
    for (const RtreeShape& shape : kShapes) {
      if (data.size() < shape.root_bytes()) continue;
      std::optional<Rtree> tree = FindRoot(memory, maps, shape, data);
      if (tree.has_value()) return tree;
    }
  }
  return std::nullopt;
}

}  // namespace seep::jemalloc
