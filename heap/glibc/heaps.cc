#include "heap/glibc/heaps.h"

#include <algorithm>
#include <array>
#include <span>

#include "absl/container/flat_hash_set.h"

namespace seep::glibc {
namespace {

// HEAP_MAX is 64 MiB; with the tunable hugetlb, before 2.43, four huge pages.
constexpr uint64_t kMinHeapMax = uint64_t{1} << 20;
constexpr uint64_t kMaxHeapMax = uint64_t{1} << 36;
constexpr size_t kMaxHeaps = 1 << 20;

struct HeapInfo {
  uint64_t arena, previous, size, writable;
};

std::optional<HeapInfo> ReadHeapInfo(const Memory& memory, Address heap, Address arena) {
  HeapInfo info;
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(&info), sizeof(info));
  if (memory.Read(heap, bytes) != bytes.size()) return std::nullopt;
  bool fits = info.arena == arena.value() && info.size >= kPage && info.size % kPage == 0 &&
              info.size <= info.writable && info.size <= kMaxHeapMax;
  return fits ? std::optional(info) : std::nullopt;
}

// The arena lies in its first heap, behind the heap_info, whose size tells the version.
std::optional<uint64_t> HeapInfoBytes(const Memory& memory, const Arena& arena) {
  for (uint64_t bytes : kHeapInfoBytes) {
    if (ReadHeapInfo(memory, arena.state - bytes, arena.state).has_value()) return bytes;
  }
  return std::nullopt;
}

// The newest heap holds top.
std::optional<Address> NewestHeap(const Memory& memory, const Arena& arena) {
  for (uint64_t max = kMinHeapMax; max <= kMaxHeapMax; max *= 2) {
    Address heap(arena.top().value() & ~(max - 1));
    std::optional<HeapInfo> info = ReadHeapInfo(memory, heap, arena.state);
    if (info.has_value() && arena.top() - heap < info->size) return heap;
  }
  return std::nullopt;
}

// The writable memory around `address`, over mappings that touch.
AddressRange WritableAround(const std::vector<Mapping>& maps, Address address) {
  AddressRange around;
  for (const Mapping& mapping : maps) {
    if (!mapping.writable || mapping.shared) continue;
    if (mapping.range.begin != around.end) {
      if (around.contains(address)) break;
      around.begin = mapping.range.begin;
    }
    around.end = mapping.range.end;
  }
  return around.contains(address) ? around : AddressRange{};
}

}  // namespace

ArenaPieces FindHeaps(const Memory& memory, const Arena& arena) {
  ArenaPieces found;
  std::optional<uint64_t> info_bytes = HeapInfoBytes(memory, arena);
  std::optional<Address> heap = NewestHeap(memory, arena);
  absl::flat_hash_set<uint64_t> seen;
  while (info_bytes.has_value() && heap.has_value() && found.pieces.size() < kMaxHeaps) {
    std::optional<HeapInfo> info = ReadHeapInfo(memory, *heap, arena.state);
    if (!info.has_value() || !seen.insert(heap->value()).second) break;
    bool is_first = *heap + *info_bytes == arena.state;
    uint64_t own = *info_bytes + (is_first ? RoundUp(arena.layout->size(), kAlignment) : 0);
    Address end = *heap + info->size;
    found.metadata.push_back({*heap, *heap + own});
    found.pieces.push_back({.range = {*heap + own, end},
                            .is_main = false,
                            .top_field = arena.state + arena.layout->top(),
                            .may_have_gaps = false});
    if (is_first) return found;
    heap = Address(info->previous);
  }
  found.complete = false;
  return found;
}

ArenaPieces FindBreakHeap(const Target& target, const Arena& main,
                          const std::optional<Parameters>& parameters) {
  ArenaPieces found;
  if (main.untouched()) return found;
  Address base = parameters.has_value() ? parameters->sbrk_base : Address();
  if (base.is_null()) {
    auto is_break = [](const Mapping& mapping) { return mapping.path == "[heap]"; };
    auto heap = std::find_if(target.maps.begin(), target.maps.end(), is_break);
    if (heap != target.maps.end()) base = heap->range.begin;
  }
  AddressRange around = WritableAround(target.maps, base);
  if (around.size() == 0) {
    found.complete = false;
    return found;
  }
  AddressRange range{Address(RoundUp(base.value(), kAlignment)), around.end};
  if (main.contiguous() && range.contains(main.top())) {
    uint64_t size = ReadWord(*target.memory, main.top() + 8).value_or(0) & ~uint64_t{7};
    if (size <= range.end - main.top()) range.end = main.top() + size;
  }
  const Mapping* mapping = FindMapping(target.maps, base);
  found.pieces.push_back({.range = range,
                          .is_main = true,
                          .top_field = main.state + main.layout->top(),
                          .may_have_gaps = main.contiguous() || mapping->path == "[heap]"});
  return found;
}

}  // namespace seep::glibc
