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
// A program may have many pointers to large empty areas.
constexpr unsigned kMaxCandidates = 4096;

// What one entry says of the place of its leaf in the tree.
struct Evidence {
  enum Kind { kNone, kPossible, kStrong };
  Kind kind = kNone;
  uint64_t root_index = 0;
};

// Does entry `index` (counted below the root) name an extent that holds its page? Of extents in
// use, entry and edata hold the same class: strong evidence. Of the others they need not (until
// 5.2).
Evidence Examine(const Memory& memory, const RtreeShape& shape, const Format& format,
                 uint64_t index, std::span<const uint64_t> words) {
  LeafEntry entry = DecodeEntry(shape, format, words);
  // A page that was given back keeps the class after the last.
  if (entry.edata.is_null() && entry.size_class >= kSizeClasses) return {Evidence::kPossible, 0};
  uint8_t edata[24];
  if (entry.edata.is_null() || entry.edata.value() % kCacheline != 0 ||
      memory.Read(entry.edata, edata) != sizeof(edata)) {
    return {};
  }
  std::optional<Extent> extent = DecodeExtent(format, edata);
  if (!extent.has_value()) return {};
  bool in_use = extent->state == 0 && extent->size_class < kSizeClasses;
  if (in_use) {
    // 5.3.1 rounds large blocks up to pages only, and gives them the next class above.
    uint64_t more_than = extent->size_class == 0 ? 0 : kSizeOfClass[extent->size_class - 1];
    if (extent->slab != entry.slab || extent->size_class != entry.size_class ||
        extent->pages.size() <= more_than) {
      return {};
    }
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
      Evidence evidence = Examine(memory, shape, format, index, words);
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
  return others < children || others == 0;
}

struct Candidate {
  Address at;
  Address child;
};

std::vector<Candidate> FindCandidates(const Memory& memory, const std::vector<Mapping>& maps,
                                      const RtreeShape& shape, AddressRange data) {
  uint64_t child_bytes = shape.node_bits > 0 ? shape.node_bytes() : shape.leaf_bytes();
  std::vector<Candidate> candidates;
  VisitTable(memory, data, [&](Address at, std::span<const uint64_t> words) {
    for (size_t i = 0; i < words.size(); ++i) {
      Address child(words[i]);
      if (child.is_null() || child.value() % kCacheline != 0) continue;
      if (!IsWritable(maps, {child, child + child_bytes}) || data.contains(child)) continue;
      candidates.push_back({at + i * kWord, child});
      if (candidates.size() == kMaxCandidates) return false;
    }
    return true;
  });
  return candidates;
}

}  // namespace

std::optional<Rtree> FindRtree(const Memory& memory, const std::vector<Mapping>& maps,
                               const LoadedModule& module) {
  for (const AddressRange& data : WritableData(module)) {
    for (const RtreeShape& shape : kShapes) {
      if (data.size() < shape.root_bytes()) continue;
      for (const Candidate& candidate : FindCandidates(memory, maps, shape, data)) {
        std::optional<Child> child = ExamineChild(memory, maps, shape, candidate.child);
        if (!child.has_value()) continue;
        uint64_t offset = child->root_index * kWord;
        if (offset > candidate.at - data.begin) continue;
        AddressRange root{candidate.at - offset, candidate.at - offset + shape.root_bytes()};
        if (root.end > data.end || !IsRoot(memory, maps, shape, root.begin)) continue;
        return Rtree(memory, maps, shape, *child->format, root.begin);
      }
    }
  }
  return std::nullopt;
}

}  // namespace seep::jemalloc
