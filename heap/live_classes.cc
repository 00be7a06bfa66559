#include "heap/live_classes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace seep {
namespace {

constexpr size_t kWords = 8;
constexpr size_t kBatch = 1024;  // what one process_vm_readv takes

using FirstBytes = std::array<uint8_t, kWords * sizeof(uint64_t)>;

void Classify(std::span<const uint8_t> bytes, VtableOracle& oracle, UnnamedBlock& block) {
  block.look = UnnamedBlock::Look::kNoVtable;
  for (size_t at = 0; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    std::optional<VtableOracle::Answer> answer = oracle.Classify(word);
    // A vtable of an inner base, without room before it for the object that it is inside of, is
    // left over from somebody else.
    if (!answer.has_value() || static_cast<int64_t>(at) + answer->offset_to_top < 0) continue;
    block.look = UnnamedBlock::Look::kFound;
    block.klass = answer->klass;
    block.class_offset = static_cast<uint32_t>(static_cast<int64_t>(at) + answer->offset_to_top);
    return;
  }
}

void LookAtBatch(const Memory& memory, const PageMap* present, VtableOracle& oracle,
                 std::span<UnnamedBlock> blocks) {
  std::vector<FirstBytes> bytes(blocks.size());
  std::vector<MemoryPiece> pieces;
  std::vector<UnnamedBlock*> asked;
  for (size_t i = 0; i < blocks.size(); ++i) {
    size_t size = std::min<uint64_t>(blocks[i].size, bytes[i].size());
    if (present != nullptr && !present->IsPresent(blocks[i].address, size)) {
      blocks[i].look = UnnamedBlock::Look::kNotInMemory;
      continue;
    }
    pieces.push_back({.from = blocks[i].address, .out = std::span(bytes[i]).first(size)});
    asked.push_back(&blocks[i]);
  }
  memory.ReadMany(pieces);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].read < pieces[i].out.size()) {
      asked[i]->look = UnnamedBlock::Look::kUnreadable;
    } else {
      Classify(pieces[i].out, oracle, *asked[i]);
    }
  }
}

}  // namespace

void FindLiveClasses(const Memory& memory, const PageMap* present, VtableOracle& oracle,
                     std::span<UnnamedBlock> blocks) {
  while (!blocks.empty()) {
    size_t count = std::min(blocks.size(), kBatch);
    LookAtBatch(memory, present, oracle, blocks.first(count));
    blocks = blocks.subspan(count);
  }
}

}  // namespace seep
