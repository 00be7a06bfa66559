#include "heap/glibc/free_lists.h"

#include <array>
#include <optional>
#include <utility>

namespace seep::glibc {
namespace {

// A chunk's header and the link behind it.
struct Entry {
  uint64_t prev_size, head, link;
};

std::optional<Entry> ReadEntry(const Memory& memory, Address chunk) {
  Entry entry;
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(&entry), sizeof(entry));
  if (memory.Read(chunk, bytes) != bytes.size()) return std::nullopt;
  return entry;
}

}  // namespace

FreeList FreeListReader::Read(uint64_t head, const FreeListKind& kind, uint64_t limit) {
  FreeList list = Follow(head, kind, limit, is_protected_);
  if (list.complete) return list;
  FreeList other = Follow(head, kind, limit, !is_protected_);
  if (!other.complete) return list;
  is_protected_ = !is_protected_;
  return other;
}

FreeList FreeListReader::Follow(uint64_t head, const FreeListKind& kind, uint64_t limit,
                                bool is_protected) {
  FreeList list;
  uint64_t to = head;
  uint64_t checkpoint = 0;  // Brent's cycle detection: compared with, and moved at powers of two
  while (to != 0) {
    if (to % kAlignment != 0 || to == checkpoint || list.chunks.size() == limit) return list;
    if (!entries_.Spend()) return list;
    if ((list.chunks.size() & (list.chunks.size() - 1)) == 0) checkpoint = to;
    Address chunk = kind.links_to_user ? Address(to) - kHeader : Address(to);
    std::optional<Entry> entry = ReadEntry(memory_, chunk);
    if (!entry.has_value()) return list;
    uint64_t size = ChunkHead{entry->prev_size, entry->head}.size();
    if (size < kind.min_size || size > kind.max_size) return list;
    list.chunks.push_back(chunk);
    to = entry->link;
    if (is_protected) to ^= (chunk + kHeader).value() >> 12;
  }
  list.complete = true;
  return list;
}

void ReadFastBins(FreeListReader& reader, const Arena& arena, CachedChunks* cached) {
  for (uint64_t i = 0; i < arena.layout->fastbin_count; ++i) {
    uint64_t size = kMinChunk + i * kAlignment;
    uint64_t limit = arena.system_mem() / size;
    uint64_t head = arena.At(arena.layout->fastbins + i * 8);
    FreeList list = reader.Read(head, {size, size, false}, limit);
    if (!list.complete) reader.CountTorn();
    for (Address chunk : list.chunks) cached->Add(chunk, Cache::kFastBin);
  }
}

}  // namespace seep::glibc
