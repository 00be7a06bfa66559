#include "heap/glibc/heap_map.h"

#include <algorithm>

#include "heap/glibc/ranges.h"

namespace seep::glibc {
namespace {

// Where other pieces may follow, top is no end: the chain tells.
void FindEnd(const Memory& memory, MemoryWindow& window, Piece* piece) {
  ChunkReader reader(window, memory, *piece);
  while (!reader.Next().empty()) {
  }
  if (!reader.stretches().empty()) piece->range.end = reader.stretches().back().end;
}

ArenaMap MapMain(const Malloc& malloc, const Arena& main, MemoryWindow& window) {
  ArenaPieces found = FindBreakHeap(malloc.target, main, malloc.parameters);
  ArenaMap map{main, std::move(found.pieces), 0, found.complete};
  for (Piece& piece : map.pieces) {
    if (!main.contiguous()) FindEnd(*malloc.target.memory, window, &piece);
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

void AddMmapped(const Malloc& malloc, MemoryWindow& window, HeapMap* map, ArenaMap* main) {
  MmappedSums sums;
  if (malloc.parameters.has_value()) {
    sums.chunks = malloc.parameters->n_mmaps;
    sums.chunk_bytes = malloc.parameters->mmapped_mem;
  }
  bool has_more = !main->arena.contiguous() && main->arena.system_mem() > main->bytes;
  if (has_more) sums.piece_bytes = main->arena.system_mem() - main->bytes;
  map->mmapped = FindMmappedMemory(malloc.target, window, main->arena, Claimed(malloc, *map), sums);
  for (const Piece& piece : map->mmapped.pieces) {
    main->pieces.push_back(piece);
    main->bytes += RoundUp(piece.range.size(), kPage);
  }
}

}  // namespace

HeapMap MapHeaps(const Malloc& malloc, const std::vector<Arena>& arenas, MemoryWindow& window) {
  HeapMap map;
  map.arenas.push_back(MapMain(malloc, arenas.front(), window));
  for (const Arena& arena : arenas) {
    if (arena.is_main) continue;
    ArenaPieces found = FindHeaps(*malloc.target.memory, arena);
    ArenaMap mapped{arena, std::move(found.pieces), TotalBytes(found.metadata), found.complete};
    for (const Piece& piece : mapped.pieces) mapped.bytes += piece.range.size();
    map.metadata.insert(map.metadata.end(), found.metadata.begin(), found.metadata.end());
    map.arenas.push_back(std::move(mapped));
  }
  AddMmapped(malloc, window, &map, &map.arenas.front());
  for (ArenaMap& arena : map.arenas) {
    std::ranges::sort(arena.pieces, {}, [](const Piece& piece) { return piece.range.begin; });
  }
  std::ranges::sort(map.arenas, {}, [](const ArenaMap& arena) {
    return arena.pieces.empty() ? Address() : arena.pieces.front().range.begin;
  });
  return map;
}

}  // namespace seep::glibc
