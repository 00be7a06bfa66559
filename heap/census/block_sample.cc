#include "heap/census/block_sample.h"

#include <algorithm>

namespace seep {

void BlockSample::Keep(Kind& kind, Entry entry) {
  kind.kept.push_back(entry);
  std::push_heap(kind.kept.begin(), kind.kept.end());
  ++all_;
  if (kind.kept.size() > of_each_) DropLargest(kind);
  while (all_ > kOfAll && of_each_ > 1) {
    of_each_ /= 2;
    for (Kind& each : kinds_) {
      while (each.kept.size() > of_each_) DropLargest(each);
    }
  }
}

void BlockSample::DropLargest(Kind& kind) {
  std::pop_heap(kind.kept.begin(), kind.kept.end());
  kind.limit = kind.kept.back().hash;
  kind.kept.pop_back();
  --all_;
}

std::vector<DrawnBlock> BlockSample::Take() && {
  std::vector<DrawnBlock> blocks;
  blocks.reserve(all_);
  for (size_t kind = 0; kind < kinds_.size(); ++kind) {
    for (const Entry& entry : kinds_[kind].kept) blocks.push_back({entry.block, kind});
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const DrawnBlock& a, const DrawnBlock& b) { return a.block < b.block; });
  return blocks;
}

}  // namespace seep
