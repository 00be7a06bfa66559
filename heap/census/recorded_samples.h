// The live samples of a recording, to be met again in a walk of the heap that they lie in.
//
//   recording: address, stack, label, birth, probability       walk: which blocks there are, and
//                      └───────────── same block ──────────────────── what is in them
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "heap/census/block_head.h"
#include "heap/census/sampled_blocks.h"
#include "heap/recorded_blocks.h"
#include "heap/recording_file.h"
#include "snapshot/builder.h"

namespace seep {

class RecordedSamples {
 public:
  // `file`: that the process goes on writing during the walk, which must outlive this; null: the
  // walk is of a copy that stands still.
  RecordedSamples(const std::vector<RecordedBlock>& blocks, const RecordingFile* file);

  // Those at these addresses, rising.
  std::span<const RecordedBlock> In(AddressRange range) const;

  // The walk found `sample` live, in a block of so many usable bytes.
  void Meet(const RecordedBlock& sample, const BlockHead& head, uint64_t usable);

  // After the walk. Those met, each still the same block as when it was recorded, to `sampled`;
  // where another has taken its place meanwhile, that one to `counted`. Says how many were not met.
  void Settle(BlockGroups& counted, SampledBlocks& sampled, SnapshotBuilder& builder) const;

 private:
  struct Meeting {
    const RecordedBlock* sample;
    BlockHead head;
    uint64_t usable;
  };
  std::vector<bool> StillThere(SnapshotBuilder& builder) const;

  std::vector<RecordedBlock> blocks_;  // by address
  const RecordingFile* file_;
  std::vector<Meeting> met_;
};

}  // namespace seep
