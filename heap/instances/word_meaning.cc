#include "heap/instances/word_meaning.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace seep {
namespace {

constexpr size_t kWord = sizeof(uint64_t);

// Blocks without a class differ in size; those of one power of two are alike.
uint64_t RoundedSize(uint64_t size) {
  constexpr uint64_t kLargest = uint64_t{1} << 62;
  return std::bit_ceil(std::clamp<uint64_t>(size, 16, kLargest));
}

}  // namespace

uint64_t ReadInstance::word(size_t i) const {
  uint64_t word;
  std::memcpy(&word, bytes.data() + i * kWord, kWord);
  return word;
}

WordMeaning WordReader::Of(const ReadInstance& object, size_t i) const {
  uint64_t word = object.word(i);
  if (word == 0) return {.kind = WordKind::kZero};
  const Instance& instance = object.instance;
  if (word >= instance.block.value() && word - instance.block.value() < instance.block_size) {
    return {.kind = WordKind::kOwnBlock, .value = word - instance.address.value()};
  }
  if (auto known = places_.find(word); known != places_.end()) {
    if (known->second.kind != PlaceKind::kNowhere) return OfAddress(known->second);
  }
  WordMeaning meaning{.kind = WordKind::kNumber, .value = word};
  IsVirtualMethod(object, i, &meaning);
  return meaning;
}

WordMeaning WordReader::OfAddress(const AddressPlace& place) const {
  switch (place.kind) {
    case PlaceKind::kNowhere:
      break;
    case PlaceKind::kLiveBlock:
      if (place.klass == kClassless) {
        return {.kind = WordKind::kLiveBlock,
                .value = place.offset,
                .content = place.content,
                .size = RoundedSize(place.block_size)};
      }
      return {.kind = WordKind::kLiveBlock,
              .value = place.offset - place.class_offset,
              .klass = place.klass};
    case PlaceKind::kFreeBlock:
      return {.kind = WordKind::kFreeBlock};
    case PlaceKind::kAllocatorData:
      return {.kind = WordKind::kAllocatorData, .name = place.name};
    case PlaceKind::kCode:
      return {.kind = WordKind::kCode, .location = place.location};
    case PlaceKind::kVtable:
      return {.kind = WordKind::kVtable, .klass = place.klass, .location = place.location};
    case PlaceKind::kModuleData:
      return {.kind = WordKind::kModuleData, .location = place.location};
    case PlaceKind::kStack:
      return {.kind = WordKind::kStack, .name = place.name};
    case PlaceKind::kMapping:
      return {.kind = WordKind::kMapping, .name = place.name};
  }
  return {.kind = WordKind::kNumber};
}

// A pointer to a member function is two words {ptr, adj} (Itanium C++ ABI, 2.3). For a virtual one
// ptr is 1 + its offset in the vtable, so that it is odd: of what class, only the code knows that
// calls it. A closure holds the object, too: if one of the other words points at an object, that
// one's vtable says which function would run.
bool WordReader::IsVirtualMethod(const ReadInstance& object, size_t i, WordMeaning* meaning) const {
  constexpr uint64_t kMethodsAtMost = 512;
  constexpr uint64_t kAdjustmentAtMost = 4096;
  uint64_t offset = object.word(i) - 1;
  if (offset % kWord != 0 || offset / kWord >= kMethodsAtMost || i + 1 >= object.words()) {
    return false;
  }
  uint64_t adjustment = object.word(i + 1);
  if (adjustment >= kAdjustmentAtMost) return false;
  const Memory& memory = *heap_.target().memory;
  for (size_t other = 0; other < object.words(); ++other) {
    auto place = places_.find(object.word(other));
    if (place == places_.end() || place->second.kind != PlaceKind::kLiveBlock ||
        place->second.klass == kClassless) {
      continue;
    }
    std::optional<uint64_t> vtable = ReadWord(memory, Address(object.word(other) + adjustment));
    if (!vtable || !heap_.oracle().Classify(*vtable)) continue;
    std::optional<uint64_t> method = ReadWord(memory, Address(*vtable + offset));
    if (!method) continue;
    CodeLocation location = Locate(heap_.target(), Address(*method));
    if (location.module.is_none()) continue;
    *meaning = {.kind = WordKind::kVirtualMethod, .value = offset / kWord, .location = location};
    return true;
  }
  return false;
}

}  // namespace seep
