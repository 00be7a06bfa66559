#include "heap/recorded_blocks.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/container/flat_hash_set.h"

namespace seep {
namespace {

// No interval is longer than an address space: a smaller probability is a damaged record's, and
// weights stay finite however many are added up.
constexpr double kMinProbability = 0x1p-62;

// p = 1 − e^−λ; nothing for a λ that is none.
std::optional<double> Probability(double exposure) {
  double p = -std::expm1(-exposure);
  if (!std::isfinite(exposure) || !(p >= kMinProbability)) return std::nullopt;
  return p;
}

struct Losses {
  uint64_t no_probability = 0;
  uint64_t no_stack = 0;
  uint64_t no_label = 0;
  uint64_t no_class = 0;
  uint64_t from_the_future = 0;
  uint64_t same_address = 0;

  void Report(SnapshotBuilder& builder) const {
    builder.AddDropped("blocks", no_probability, "damaged: impossible sampling probability");
    builder.AddDropped("stacks of blocks", no_stack, "damaged: not in the stack dictionary");
    builder.AddDropped("labels of blocks", no_label, "damaged: not in the label table");
    builder.AddDropped("classes of blocks", no_class,
                       "damaged: not in the class table, or the object would not fit the block");
    builder.AddDropped("births of blocks", from_the_future, "damaged: later than the snapshot");
    builder.AddDropped("blocks at an address seen before", same_address,
                       "kept: a free was missed, or the address was reused during the read");
  }
};

class BlockReader {
 public:
  BlockReader(const RecordedStacks& stacks, const RecordedClasses& classes,
              const RecordedLabels& labels, const ObservationClock& clock, ObservationTime horizon)
      : stacks_(stacks), classes_(classes), labels_(labels), clock_(clock), horizon_(horizon) {}

  std::optional<Block> Read(const recording::LiveSlot& slot) {
    std::optional<double> probability = Probability(slot.exposure);
    if (!probability.has_value()) {
      ++losses_.no_probability;
      return std::nullopt;
    }
    if (slot.stack != 0 && !stacks_.Has(slot.stack)) ++losses_.no_stack;
    if (slot.label != 0 && !labels_.Has(slot.label)) ++losses_.no_label;
    if (!addresses_.insert(slot.address).second) ++losses_.same_address;
    Block block{.address = Address(slot.address),
                .size = slot.size,
                .probability = *probability,
                .klass = ClassId(),
                .stack = stacks_.At(slot.stack),
                .label = labels_.At(slot.label),
                .birth = Birth(slot.birth_ns),
                .thread = slot.thread,
                .serial = slot.serial};
    if (slot.klass != 0) SetClass(slot, block);
    return block;
  }

  const Losses& losses() const { return losses_; }

 private:
  ObservationTime Birth(uint64_t birth_ns) {
    ObservationTime birth = clock_.At(birth_ns);
    if (birth <= horizon_) return birth;
    ++losses_.from_the_future;
    return horizon_;
  }

  void SetClass(const recording::LiveSlot& slot, Block& block) {
    std::optional<VtableMeaning> meaning = classes_.At(slot.klass);
    constexpr int64_t kMostBefore = std::numeric_limits<int32_t>::min();
    int64_t word = int64_t{slot.class_word} * 8;
    if (!meaning.has_value() || meaning->offset_to_top > 0 ||
        meaning->offset_to_top < kMostBefore || word + meaning->offset_to_top < 0 ||
        static_cast<uint64_t>(word) + 8 > block.size) {
      ++losses_.no_class;
      return;
    }
    block.klass = meaning->klass;
    block.class_offset = static_cast<uint32_t>(word + meaning->offset_to_top);
  }

  const RecordedStacks& stacks_;
  const RecordedClasses& classes_;
  const RecordedLabels& labels_;
  const ObservationClock& clock_;
  ObservationTime horizon_;
  absl::flat_hash_set<uint64_t> addresses_;
  Losses losses_;
};

}  // namespace

std::vector<RecordedBlock> ReadBlocks(const Recording& recording, const RecordedStacks& stacks,
                                      const RecordedClasses& classes, const RecordedLabels& labels,
                                      const ObservationClock& clock, ObservationTime horizon,
                                      SnapshotBuilder& builder) {
  BlockReader reader(stacks, classes, labels, clock, horizon);
  std::vector<RecordedBlock> blocks;
  for (uint32_t i = 0; i < recording.slots.size(); ++i) {
    recording::LiveSlot slot = recording.slots[i];
    if (slot.address == 0) continue;
    std::optional<Block> block = reader.Read(slot);
    if (block.has_value()) blocks.push_back({*block, i, slot.stamps > 0});
  }
  reader.losses().Report(builder);
  return blocks;
}

}  // namespace seep
