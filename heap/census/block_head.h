// What a block is, told by its first 64 bytes: the class of the object in it, or what it looks
// like.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "heap/memory_window.h"
#include "heap/target.h"
#include "heap/vtable_oracle.h"
#include "snapshot/snapshot.h"

namespace seep {

struct BlockHead {
  std::optional<size_t> klass = {};  // index into the oracle's classes
  uint32_t class_offset = 0;         // of the object in the block
  uint64_t objects = 1;              // more in an array
  Content content = Content::kNotExamined;

  auto operator<=>(const BlockHead&) const = default;
};

// Cost: some ns for a block whose first word is a vtable pointer seen before; some ten for others.
class HeadExaminer {
 public:
  static constexpr size_t kBytes = 64;

  // All must outlive this.
  HeadExaminer(const Target& target, VtableOracle& oracle, MemoryWindow& window);

  BlockHead Examine(Address block, uint64_t usable);

  // The class of an object that begins with `word`; nothing if it is no vtable pointer, that of an
  // inner base, or a guess.
  std::optional<size_t> ClassOfObjectWith(uint64_t word);

 private:
  // A billion words lead to the same few vtables: a direct-mapped cache of the oracle's answers,
  // "none" included.
  struct Known {
    uint64_t word = 0;
    bool is_vtable = false;
    bool owns_shared = false;  // of a control block of make_shared
    VtableOracle::Answer answer;
  };

  const Known* Classify(uint64_t word);
  void MeetHeld(size_t owner, std::span<const uint8_t> head);
  uint64_t ElementsAt(Address block, uint64_t usable, uint64_t count, uint64_t vptr);
  bool PointsIntoTarget(uint64_t word) const;
  Content ContentOf(std::span<const uint8_t> head) const;

  VtableOracle& oracle_;
  MemoryWindow& window_;
  std::vector<Known> known_;
  absl::flat_hash_map<size_t, int> tries_;      // to learn what a control block holds, by class
  std::vector<AddressRange> modules_, mapped_;  // rising; near ones merged
};

}  // namespace seep
