// Call stacks, stored once: a tree whose path from a node to its root is a stack, leaf first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "snapshot/module.h"

namespace seep {

// Why a stack has no further callers. Part of the stack's identity, and shown with it.
enum class StackEnd : uint8_t {
  kComplete = 0,   // reached the thread's entry
  kTruncated = 1,  // too deep, or a frame that could not be unwound
  kForeign = 2,    // a fiber or an alternate signal stack; callers may be missing
  kShortened = 3,  // the recording's frame pool was nearly full: top frames only
  kUnknown = 4,    // no stack at all: the dictionary was full, or nothing recorded it
};

class StackTree {
 public:
  struct Node {
    StackId parent;         // none: this is the outermost frame
    CodeLocation location;  // of the call instruction's return address
    StackEnd end = StackEnd::kComplete;
    auto operator<=>(const Node&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Node& n) {
      return H::combine(std::move(h), n.parent, n.location, n.end);
    }
  };

  // The id of the stack with these frames, leaf first. Equal stacks get equal ids. An empty stack
  // is a single node without a location.
  StackId Intern(std::span<const CodeLocation> leaf_first, StackEnd end);

  // Adds one node as it is; the parent must exist already. For readers of stored trees.
  StackId InternNode(const Node& node);

  size_t size() const { return nodes_.size(); }
  const Node& node(StackId id) const { return nodes_[id.index()]; }
  StackEnd end(StackId id) const { return nodes_[id.index()].end; }

  // Leaf first. Empty for a stack without frames.
  std::vector<CodeLocation> Frames(StackId id) const;

 private:
  std::vector<Node> nodes_;  // parents before children
  absl::flat_hash_map<Node, StackId> index_;
};

}  // namespace seep
