#include "heap/glibc/arena.h"

#include <algorithm>
#include <span>

namespace seep::glibc {
namespace {

constexpr size_t kMaxArenas = 16384;  // eight for each of 2048 cores
constexpr uint64_t kMaxTornBins = 4;

std::span<uint8_t> BytesOf(std::vector<uint64_t>& words) {
  return {reinterpret_cast<uint8_t*>(words.data()), words.size() * sizeof(uint64_t)};
}

bool IsLinked(const Memory& memory, Address bin, uint64_t fd, uint64_t bk) {
  return fd % kAlignment == 0 && bk % kAlignment == 0 &&
         ReadWord(memory, Address(fd) + kHeader + 8) == bin.value() &&
         ReadWord(memory, Address(bk) + kHeader) == bin.value();
}

}  // namespace

std::optional<Arena> ReadArena(const Memory& memory, Address state, const ArenaLayout& layout) {
  Arena arena{state, &layout, false, std::vector<uint64_t>(layout.size() / 8)};
  std::span<uint8_t> bytes = BytesOf(arena.words);
  if (memory.Read(state, bytes) != bytes.size()) return std::nullopt;
  return arena;
}

std::vector<Arena> ReadArenas(const Memory& memory, Address main, const ArenaLayout& layout) {
  std::vector<Arena> arenas;
  Address state = main;
  do {
    std::optional<Arena> arena = ReadArena(memory, state, layout);
    if (!arena.has_value() || arenas.size() == kMaxArenas) return {};
    state = arena->next();
    arenas.push_back(*std::move(arena));
  } while (state != main);
  arenas[0].is_main = true;
  return arenas;
}

bool IsArena(const Memory& memory, const Arena& arena) {
  uint64_t torn = 0;
  for (uint64_t i = 0; i < kBins; ++i) {
    Address bin = arena.state + arena.layout->bin(i);
    uint64_t fd = arena.At(arena.layout->bins + i * 16);
    uint64_t bk = arena.At(arena.layout->bins + i * 16 + 8);
    bool empty = fd == bin.value() && bk == bin.value();
    if (!empty && !IsLinked(memory, bin, fd, bk) && ++torn > kMaxTornBins) return false;
  }
  if (arena.system_mem() > arena.At(arena.layout->max_system_mem())) return false;
  if (arena.untouched()) return true;
  std::optional<uint64_t> head = ReadWord(memory, arena.top() + 8);
  return arena.top().value() % kAlignment == 0 && head.has_value() && (*head & 1) != 0;
}

uint64_t CountBinned(const Memory& memory, const Arena& arena, uint64_t limit, Budget& links) {
  uint64_t count = 0;
  for (uint64_t i = 0; i < kBins; ++i) {
    Address bin = arena.state + arena.layout->bin(i);
    std::optional<uint64_t> at = arena.At(arena.layout->bins + i * 16);
    while (at.has_value() && *at != bin.value() && count < limit && links.Spend()) {
      ++count;
      at = ReadWord(memory, Address(*at) + kHeader);
    }
  }
  return count;
}

}  // namespace seep::glibc
