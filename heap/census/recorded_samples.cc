#include "heap/census/recorded_samples.h"

#include <algorithm>
#include <string>

#include "heap/recording.h"

namespace seep {
namespace {

Address AddressOf(const RecordedBlock& sample) { return sample.block.address; }

Origin OriginOf(const Block& sample) {
  return {.stack = sample.stack,
          .label = sample.label,
          .birth = sample.birth,
          .thread = sample.thread,
          .serial = sample.serial,
          .probability = sample.probability};
}

}  // namespace

RecordedSamples::RecordedSamples(const std::vector<RecordedBlock>& blocks,
                                 const RecordingFile* file)
    : blocks_(blocks), file_(file) {
  std::ranges::stable_sort(blocks_, {}, AddressOf);
}

std::span<const RecordedBlock> RecordedSamples::In(AddressRange range) const {
  auto first = std::ranges::lower_bound(blocks_, range.begin, {}, AddressOf);
  auto last = std::ranges::lower_bound(first, blocks_.end(), range.end, {}, AddressOf);
  return {first, last};
}

void RecordedSamples::Meet(const RecordedBlock& sample, const BlockHead& head, uint64_t usable) {
  met_.push_back({&sample, head, usable});
}

// A block leaves its slot before it is freed.
std::vector<bool> RecordedSamples::StillThere(SnapshotBuilder& builder) const {
  std::vector<bool> still(met_.size(), true);
  if (file_ == nullptr) return still;
  absl::StatusOr<RecordTable<recording::LiveSlot>> slots = CopySlots(*file_);
  if (!slots.ok()) {
    builder.AddDropped("second looks at the recording", 1, std::string(slots.status().message()));
    return still;
  }
  for (size_t i = 0; i < met_.size(); ++i) {
    const RecordedBlock& sample = *met_[i].sample;
    recording::LiveSlot now = (*slots)[sample.slot];
    still[i] = now.address == sample.block.address.value() && now.serial == sample.block.serial;
  }
  return still;
}

void RecordedSamples::Settle(BlockGroups& counted, SampledBlocks& sampled,
                             SnapshotBuilder& builder) const {
  std::vector<bool> still = StillThere(builder);
  uint64_t replaced = 0;
  for (size_t i = 0; i < met_.size(); ++i) {
    const Meeting& meeting = met_[i];
    const Block& sample = meeting.sample->block;
    if (still[i]) {
      sampled.Add(meeting.head, meeting.usable, meeting.usable, sample.address, OriginOf(sample));
    } else {
      counted.Add(meeting.head, meeting.usable, sample.address);
      ++replaced;
    }
  }
  builder.AddDropped("samples of the recording", replaced, "freed while the heap was walked");
  builder.AddDropped("samples of the recording", blocks_.size() - met_.size(),
                     "no live block there in any heap that was walked: freed before the walk came "
                     "by, or memory of an allocator that Seep does not know");
}

}  // namespace seep
