#include "heap/census/sampled_blocks.h"

#include <utility>

#include "base/mix.h"

namespace seep {

void SampledBlocks::Add(const BlockHead& head, uint64_t size, uint64_t unsampled_size,
                        Address address, const Origin& origin) {
  SampledGroup& group = groups_[{head, size, unsampled_size, origin}];
  if (group.blocks.count == 0) {
    group = {{.head = head, .size = size, .example = address}, unsampled_size, origin};
  }
  ++group.blocks.count;
  if (Mix64(address.value()) < Mix64(group.blocks.example.value())) group.blocks.example = address;
}

std::vector<SampledGroup> SampledBlocks::Take() && {
  std::vector<SampledGroup> taken;
  taken.reserve(groups_.size());
  for (auto& [key, group] : groups_) taken.push_back(std::move(group));
  return taken;
}

}  // namespace seep
