// What a word of an object means, told by its value, by what lies at that address, and by the rest
// of the object.
#pragma once

#include <cstdint>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "heap/instances/heap_reader.h"
#include "snapshot/instances.h"

namespace seep {

// An object of the sample, as it was read.
struct ReadInstance {
  Instance instance;
  std::vector<uint8_t> bytes;  // from the object's start; fewer than it has where memory is absent

  size_t words() const { return bytes.size() / sizeof(uint64_t); }
  uint64_t word(size_t i) const;
};

class WordReader {
 public:
  // By word. A word that is not there is no address.
  using Places = absl::flat_hash_map<uint64_t, AddressPlace>;

  // Both must outlive this.
  WordReader(HeapReader& heap, const Places& places) : heap_(heap), places_(places) {}

  WordMeaning Of(const ReadInstance& object, size_t i) const;

 private:
  WordMeaning OfAddress(const AddressPlace& place) const;
  bool IsVirtualMethod(const ReadInstance& object, size_t i, WordMeaning* meaning) const;

  HeapReader& heap_;
  const Places& places_;
};

}  // namespace seep
