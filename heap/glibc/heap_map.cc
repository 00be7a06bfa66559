#include "heap/glibc/heap_map.h"

#include <algorithm>

#include "heap/glibc/ranges.h"

namespace seep::glibc {
namespace {

// The most that top is believed to move while we read.
constexpr uint64_t kMaxTopMove = uint64_t{1} << 30;

// Where other pieces may follow, top is no end: the chain tells.
void FindEnd(const Memory& memory, MemoryWindow& window, Piece* piece, WalkBudget& budget) {
  ChunkReader reader(window, memory, *piece, budget);
  while (!reader.Next().empty()) {
  }
  if (!reader.stretches().empty()) piece->range.end = reader.stretches().back().end;
}

ArenaMap MapMain(const Malloc& malloc, const Arena& main, MemoryWindow& window,
                 WalkBudget& budget) {
  ArenaPieces found = FindBreakHeap(malloc.target, main, malloc.parameters);
  ArenaMap map{main, std::move(found.pieces), 0, found.complete};
  for (Piece& piece : map.pieces) {
    if (!main.contiguous()) FindEnd(*malloc.target.memory, window, &piece, budget);
    // Less than a chunk's alignment may be left out at the start.
    bool known = malloc.parameters.has_value() && !malloc.parameters->sbrk_base.is_null();
    map.bytes += piece.range.end - (known ? malloc.parameters->sbrk_base : piece.range.begin);
  }
  return map;
}

AddressRange WholePages(const AddressRange& range) {
  return {Address(range.begin.value() & ~(kPage - 1)), Address(RoundUp(range.end.value(), kPage))};
}

// What cannot be a mapping of malloc's: modules, and what is known to be a heap.
std::vector<AddressRange> Claimed(const Malloc& malloc, const HeapMap& map) {
  std::vector<AddressRange> claimed = map.metadata;
  for (const LoadedModule& module : malloc.target.modules) {
    for (const Segment& segment : module.segments) claimed.push_back(WholePages(segment.range));
  }
  for (const ArenaMap& arena : map.arenas) {
    for (const Piece& piece : arena.pieces) {
      claimed.push_back(WholePages(piece.range));
    }
  }
  return Union(std::move(claimed));
}

void AddMmapped(const Malloc& malloc, MemoryWindow& window, HeapMap* map, ArenaMap* main,
                WalkBudget& budget) {
  MmappedSums sums;
  if (malloc.parameters.has_value()) {
    sums.chunks = malloc.parameters->n_mmaps;
    if (main->arena.layout->counts_mapped_bytes()) {
      sums.chunk_bytes = malloc.parameters->mmapped_mem;
    }
  }
  bool has_more = !main->arena.contiguous() && main->arena.system_mem() > main->bytes;
  if (has_more) sums.piece_bytes = main->arena.system_mem() - main->bytes;
  map->mmapped =
      FindMmappedMemory(malloc.target, window, main->arena, Claimed(malloc, *map), sums, budget);
  for (const Piece& piece : map->mmapped.pieces) {
    main->pieces.push_back(piece);
    main->bytes += piece.range.size();
  }
}

std::vector<AddressRange> Writable(const Target& target) {
  std::vector<AddressRange> writable;
  for (const Mapping& mapping : target.maps) {
    if (mapping.writable && !mapping.shared) writable.push_back(mapping.range);
  }
  return Union(std::move(writable));
}

// Keeps those pieces that begin in mapped memory behind the one before.
void SeparatePieces(const Target& target, HeapMap* map) {
  struct Owned {
    Piece piece;
    ArenaMap* arena;
  };
  std::vector<Owned> all;
  for (ArenaMap& arena : map->arenas) {
    for (const Piece& piece : arena.pieces) all.push_back({piece, &arena});
    arena.pieces.clear();
  }
  std::ranges::stable_sort(all, {}, [](const Owned& owned) { return owned.piece.range.begin; });
  std::vector<AddressRange> writable = Writable(target);
  auto around = writable.begin();
  Piece* before = nullptr;
  Address end;
  for (Owned& owned : all) {
    AddressRange& range = owned.piece.range;
    while (around != writable.end() && around->end <= range.begin) ++around;
    bool fits = around != writable.end() && around->contains(range.begin) && range.begin >= end;
    if (!fits) {
      owned.arena->complete = false;
      continue;
    }
    range.end = std::min(range.end, around->end);
    if (before != nullptr) before->may_grow_to = std::min(before->may_grow_to, range.begin);
    owned.piece.may_grow_to = range.end + kMaxTopMove;
    end = range.end;
    owned.arena->pieces.push_back(owned.piece);
    before = &owned.arena->pieces.back();
  }
}

}  // namespace

HeapMap MapHeaps(const Malloc& malloc, const std::vector<Arena>& arenas, MemoryWindow& window,
                 WalkBudget& budget) {
  HeapMap map;
  map.arenas.push_back(MapMain(malloc, arenas.front(), window, budget));
  for (const Arena& arena : arenas) {
    if (arena.is_main) continue;
    ArenaPieces found = FindHeaps(*malloc.target.memory, arena);
    ArenaMap mapped{arena, std::move(found.pieces), TotalBytes(found.metadata), found.complete};
    for (const Piece& piece : mapped.pieces) mapped.bytes += piece.range.size();
    map.metadata.insert(map.metadata.end(), found.metadata.begin(), found.metadata.end());
    map.arenas.push_back(std::move(mapped));
  }
  AddMmapped(malloc, window, &map, &map.arenas.front(), budget);
  SeparatePieces(malloc.target, &map);
  std::ranges::sort(map.arenas, {}, [](const ArenaMap& arena) {
    return arena.pieces.empty() ? Address() : arena.pieces.front().range.begin;
  });
  return map;
}

}  // namespace seep::glibc
