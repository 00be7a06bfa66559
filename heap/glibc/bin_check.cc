#include "heap/glibc/bin_check.h"

#include <algorithm>

#include "base/mix.h"

namespace seep::glibc {
namespace {

// Of lists that are too long for their arena no more is counted.
constexpr uint64_t kMostTooMany = 1 << 16;

}  // namespace

BinCheck::BinCheck(const Arena& arena) {
  for (uint64_t i = 0; i < kBins; ++i) {
    addresses_ += Mix64((arena.state + arena.layout->bin(i)).value());
    links_ += Mix64(arena.At(arena.layout->bins + i * 16));
  }
}

void BinCheck::Add(const ChainedChunk& free_chunk) {
  addresses_ += Mix64(free_chunk.at.value());
  links_ += Mix64(free_chunk.fd);
  ++chunks_;
}

uint64_t BinCheck::Difference(const Memory& memory, const Arena& arena, Budget& links) const {
  if (Agrees()) return 0;
  uint64_t binned = CountBinned(memory, arena, chunks_ + kMostTooMany, links);
  return std::max(binned, chunks_) - std::min(binned, chunks_);
}

}  // namespace seep::glibc
