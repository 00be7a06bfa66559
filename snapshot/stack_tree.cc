#include "snapshot/stack_tree.h"

namespace seep {

StackId StackTree::Intern(std::span<const CodeLocation> leaf_first, StackEnd end) {
  if (leaf_first.empty()) return InternNode({StackId(), CodeLocation(), end});
  StackId parent;
  for (size_t i = leaf_first.size(); i-- > 0;) parent = InternNode({parent, leaf_first[i], end});
  return parent;
}

StackId StackTree::InternNode(const Node& node) {
  auto [it, inserted] = index_.try_emplace(node, StackId(nodes_.size()));
  if (inserted) nodes_.push_back(node);
  return it->second;
}

std::vector<CodeLocation> StackTree::Frames(StackId id) const {
  std::vector<CodeLocation> frames;
  for (; !id.is_none(); id = node(id).parent) {
    const Node& frame = node(id);
    bool placeholder = frame.parent.is_none() && frame.location == CodeLocation();
    if (!placeholder) frames.push_back(frame.location);
  }
  return frames;
}

}  // namespace seep
