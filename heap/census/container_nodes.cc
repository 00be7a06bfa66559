#include "heap/census/container_nodes.h"

#include <algorithm>
#include <cstring>

namespace seep {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
// Shares of all blocks of a size that must agree: others of that size may be among them.
constexpr double kNearlyAll = 0.9;
constexpr double kAlways = 0.95;

bool IsMapped(const std::vector<Mapping>& maps, uint64_t word) {
  const Mapping* mapping = FindMapping(maps, Address(word));
  return mapping != nullptr && mapping->readable;
}

}  // namespace

// Every node but a table's first is held by the one before it; of the buckets, of which there are
// more than nodes, some two thirds hold one. Half of the nodes of a tree have children, who hold
// their parent.
NodeKind NodeKindByLinks(const LinkShares& shares) {
  constexpr double kSome = 0.2;
  if (shares.as_child >= kNearlyAll && shares.by_like[1] >= kSome) return NodeKind::kTree;
  if (shares.by_like[0] < kNearlyAll) return NodeKind::kNone;
  if (shares.by_like[1] >= kNearlyAll) return NodeKind::kList;
  return shares.in_array >= kSome ? NodeKind::kHash : NodeKind::kForwardList;
}

const char* NodeKindName(NodeKind kind) {
  switch (kind) {
    case NodeKind::kNone:
      return "";
    case NodeKind::kHash:
      return "hash node";
    case NodeKind::kTree:
      return "tree node";
    case NodeKind::kList:
    case NodeKind::kForwardList:
      return "list node";
  }
  return "";
}

WordProfile ProfileWords(const Target& target, std::span<const Address> blocks, uint64_t usable) {
  constexpr uint64_t kBytes = 512;
  uint64_t words = std::min(usable, kBytes) / kWord;
  WordProfile profile{.words = std::vector<WordProfile::Word>(words)};
  double read = 0;
  for (Address block : blocks) {
    std::vector<uint64_t> content(words);
    std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(content.data()), words * kWord);
    if (target.memory->Read(block, bytes) != bytes.size()) continue;
    read += 1;
    for (uint64_t i = 0; i < words; ++i) {
      if (content[i] == 0) {
        profile.words[i].zero += 1;
      } else if (IsMapped(target.maps, content[i])) {
        profile.words[i].pointer += 1;
      }
    }
  }
  if (read == 0) return {};
  for (WordProfile::Word& word : profile.words) {
    word.pointer /= read;
    word.zero /= read;
  }
  return profile;
}

bool FitsProfile(std::span<const DebugPointers::Pointer> pointers, uint64_t size,
                 const WordProfile& profile) {
  if (profile.words.empty()) return false;
  std::vector<bool> declared(profile.words.size());
  for (const DebugPointers::Pointer& pointer : pointers) {
    uint64_t word = pointer.offset / kWord;
    if (pointer.offset % kWord != 0 || word >= declared.size()) continue;
    declared[word] = true;
    const WordProfile::Word& seen = profile.words[word];
    if (!pointer.alternative && seen.pointer + seen.zero < kAlways) return false;
  }
  for (size_t i = 0; i < declared.size() && (i + 1) * kWord <= size; ++i) {
    if (profile.words[i].pointer >= kAlways && !declared[i]) return false;
  }
  return true;
}

// glibc wastes at most 16 bytes, but never hands out less than 24; of jemalloc's size classes there
// are four a doubling.
bool FitsBlock(uint64_t size, uint64_t usable) {
  constexpr uint64_t kLeastWaste = 24;
  return size > 0 && size <= usable && usable - size < std::max(kLeastWaste, usable / 4 + 1);
}

}  // namespace seep
