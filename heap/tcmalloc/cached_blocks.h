// The free blocks that lie in no span's own list: those of the threads' caches, and the chains on
// their way from one thread to another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "heap/memory.h"
#include "heap/tcmalloc/layout.h"
#include "snapshot/snapshot.h"

namespace seep::tcmalloc {

// One word, so that sorting them is sorting addresses: address << 8 │ in transfer << 7 │ class.
class CachedBlock {
 public:
  CachedBlock(Address address, uint32_t size_class, bool in_transfer)
      : word_(address.value() << 8 | uint64_t{in_transfer} << 7 | size_class) {}
  Address address() const { return Address(word_ >> 8); }
  bool in_transfer() const { return (word_ >> 7 & 1) != 0; }
  uint32_t size_class() const { return word_ & 0x7f; }
  auto operator<=>(const CachedBlock&) const = default;

 private:
  uint64_t word_;
};
static_assert(kAddressBits + 8 <= 64);

struct CachedBlocks {
  std::vector<CachedBlock> blocks;          // rising; no address twice
  std::vector<AddressRange> thread_caches;  // where they are; rising
};

// Follows all lists abreast: one system call reads the next links of a thousand. A list whose
// length is not what it says is read once more. Cost: about 100 ns and 8 bytes a block. By default
// gperftools lets all threads together cache 32 MiB.
CachedBlocks ReadCachedBlocks(const Memory& memory, const Heap& heap,
                              std::vector<Dropped>* dropped);

}  // namespace seep::tcmalloc
