#include "heap/instances/place_finder.h"

#include <algorithm>
#include <optional>
#include <string>

namespace seep {
namespace {

struct Sought {
  Address address;
  AddressPlace place;
};

// The walk's part: which block of `run`, live or free, holds each of the addresses (rising).
void FindInRun(const BlockRun& run, const std::string& allocator, std::vector<Sought>& sought) {
  auto first = std::lower_bound(sought.begin(), sought.end(), run.start,
                                [](const Sought& s, Address a) { return s.address < a; });
  Address end = run.start + run.count * run.stride;
  for (auto it = first; it != sought.end() && it->address < end; ++it) {
    uint64_t i = (it->address - run.start) / run.stride;
    Address block = run.start + i * run.stride;
    it->place = {.kind = run.IsLive(i) ? PlaceKind::kLiveBlock : PlaceKind::kFreeBlock,
                 .block = block,
                 .block_size = run.usable,
                 .offset = it->address - block,
                 .name = allocator};
  }
}

void Examine(HeapReader& heap, AddressPlace& place) {
  BlockHead head = heap.HeadAt(place.block, place.block_size);
  if (head.klass) place.klass = *head.klass;
  place.class_offset = head.class_offset;
  place.objects = head.objects;
  place.content = head.content;
}

bool Holds(const std::vector<AddressRange>& ranges, Address address) {
  auto after =
      std::upper_bound(ranges.begin(), ranges.end(), address,
                       [](Address a, const AddressRange& range) { return a < range.begin; });
  return after != ranges.begin() && std::prev(after)->contains(address);
}

std::optional<AddressPlace> InAllocator(const HeapReader& heap, Address address) {
  for (const HeapReader::Allocator& allocator : heap.allocators()) {
    bool own = Holds(allocator.heap.metadata, address);
    if (!own && !Holds(allocator.heap.heap, address)) continue;
    return AddressPlace{.kind = own ? PlaceKind::kAllocatorData : PlaceKind::kFreeBlock,
                        .name = allocator.walker->kind()};
  }
  return std::nullopt;
}

std::optional<AddressPlace> InModule(HeapReader& heap, Address address) {
  CodeLocation location = Locate(heap.target(), address);
  if (location.module.is_none()) return std::nullopt;
  for (const Segment& segment : heap.target().modules[location.module.index()].segments) {
    if (!segment.range.contains(address)) continue;
    AddressPlace place{.kind = PlaceKind::kModuleData, .location = location};
    if (segment.executable) {
      place.kind = PlaceKind::kCode;
    } else if (auto vtable = heap.oracle().Classify(address.value()); vtable && !vtable->is_guess) {
      place.kind = PlaceKind::kVtable;
      place.klass = vtable->klass;
    }
    return place;
  }
  return std::nullopt;
}

// glibc and musl place a page without access below the stack of a thread; the stack pointer itself
// is known only of threads that stand still.
bool IsThreadStack(const std::vector<Mapping>& maps, const Mapping& mapping) {
  constexpr uint64_t kGuardAtMost = 64 << 10;
  if (!mapping.path.empty() || !mapping.writable || &mapping == maps.data()) return false;
  const Mapping& below = *(&mapping - 1);
  return below.range.end == mapping.range.begin && !below.readable && !below.writable &&
         below.range.size() <= kGuardAtMost;
}

AddressPlace InMapping(const Target& target, Address address) {
  const Mapping* mapping = FindMapping(target.maps, address);
  if (mapping == nullptr) return {};
  if (mapping->path == "[stack]") return {.kind = PlaceKind::kStack, .name = "main thread"};
  if (IsThreadStack(target.maps, *mapping)) {
    return {.kind = PlaceKind::kStack, .name = "a thread, by its guard page"};
  }
  AddressPlace place{.kind = PlaceKind::kMapping, .name = mapping->path};
  if (place.name.empty()) place.name = mapping->readable ? "anonymous memory" : "no access";
  return place;
}

}  // namespace

std::vector<AddressPlace> FindPlaces(HeapReader& heap, std::span<const Address> addresses) {
  std::vector<Sought> sought;
  for (Address address : addresses) sought.push_back({address, {}});
  auto by_address = [](const Sought& a, const Sought& b) { return a.address < b.address; };
  std::sort(sought.begin(), sought.end(), by_address);
  sought.erase(std::unique(sought.begin(), sought.end(),
                           [](const Sought& a, const Sought& b) { return a.address == b.address; }),
               sought.end());

  heap.Walk([&](const BlockRun& run, size_t allocator) {
    FindInRun(run, heap.allocators()[allocator].walker->kind(), sought);
  });
  for (Sought& s : sought) {
    if (s.place.kind == PlaceKind::kLiveBlock) Examine(heap, s.place);
    if (s.place.kind != PlaceKind::kNowhere) continue;
    std::optional<AddressPlace> found = InAllocator(heap, s.address);
    if (!found) found = InModule(heap, s.address);
    s.place = found.value_or(InMapping(heap.target(), s.address));
  }

  std::vector<AddressPlace> places;
  places.reserve(addresses.size());
  for (Address address : addresses) {
    places.push_back(
        std::lower_bound(sought.begin(), sought.end(), Sought{address, {}}, by_address)->place);
  }
  return places;
}

}  // namespace seep
