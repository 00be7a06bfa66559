#include "heap/instances/object_finder.h"

namespace seep {
namespace {

bool MayHoldObjects(PlaceKind kind) {
  return kind == PlaceKind::kLiveBlock || kind == PlaceKind::kModuleData ||
         kind == PlaceKind::kStack || kind == PlaceKind::kMapping;
}

std::optional<ObjectPlace> WithVtablePointerAt(HeapReader& heap, Address address,
                                               const AddressPlace& place) {
  if (address.value() % sizeof(uint64_t) != 0) return std::nullopt;
  std::optional<uint64_t> word = ReadWord(*heap.target().memory, address);
  if (!word) return std::nullopt;
  std::optional<VtableOracle::Answer> answer = heap.oracle().Classify(*word);
  if (!answer) return std::nullopt;
  Address start = address + static_cast<uint64_t>(answer->offset_to_top);
  // Without room before it for the object around it, it is left over from somebody else.
  bool outside = place.kind == PlaceKind::kLiveBlock && start < place.block;
  if (outside || start > address) return std::nullopt;
  return ObjectPlace{.klass = answer->klass, .start = start};
}

}  // namespace

std::optional<ObjectPlace> FindObject(HeapReader& heap, Address address,
                                      const AddressPlace& place) {
  if (!MayHoldObjects(place.kind)) return std::nullopt;
  if (auto object = WithVtablePointerAt(heap, address, place)) return object;
  bool in_object = place.kind == PlaceKind::kLiveBlock && place.klass != kClassless &&
                   place.offset >= place.class_offset;
  if (!in_object) return std::nullopt;
  return ObjectPlace{
      .klass = place.klass, .start = place.block + place.class_offset, .count = place.objects};
}

}  // namespace seep
