// Segments, and the pages in them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/address.h"
#include "heap/memory.h"
#include "heap/mimalloc/format.h"
#include "heap/proc_maps.h"

namespace seep::mimalloc {

struct SegmentHead {
  Address begin;
  uint64_t cookie = 0;         // of the main heap
  uint64_t slices = 0;         // in all
  uint64_t header_slices = 0;  // of them the header's
  uint64_t entries = 0;        // in slices[]
  uint64_t thread = 0;         // 0: its thread has ended

  Address end() const { return begin + slices * kSlice; }
};

// The head of what may be a segment at `at`.
std::optional<SegmentHead> ReadSegment(const Memory& memory, const std::vector<Mapping>& maps,
                                       const Format& format, Address at);

// Everything that may be a segment, rising, disjoint. Cost: a small read for each 32 MiB that are
// mapped and writable.
void ForEachSegment(const Memory& memory, const std::vector<Mapping>& maps, const Format& format,
                    absl::FunctionRef<void(const SegmentHead&)> visit);

// A page as its first slice describes it.
struct Page {
  Address at;         // of the description
  AddressRange span;  // its slices
  Address start;      // first block
  uint64_t block_size = 0;
  uint64_t capacity = 0, reserved = 0, used = 0;
  Address free, local_free, thread_free;
  Address heap;
  LinkKeys keys;

  bool in_use() const { return block_size > 1 && capacity > 0; }
  // The block's number, if one begins there.
  std::optional<uint64_t> IndexOf(Address block) const {
    if (block < start || (block - start) % block_size != 0) return std::nullopt;
    uint64_t index = (block - start) / block_size;
    return index < capacity ? std::optional(index) : std::nullopt;
  }
};

// What can be: blocks inside the slices, no more used than there are, lists that begin at blocks.
bool IsPlausible(const Page& page);

// slices[] of a segment, copied.
class PageTable {
 public:
  PageTable(const Memory& memory, const Format& format, const SegmentHead& segment);

  // Every page and every free run of slices (not in_use), rising. Returns false where the table
  // does not make sense; the rest is not visited.
  bool ForEach(absl::FunctionRef<void(const Page&)> visit) const;

  // The page as it is now.
  Page ReadAgain(const Memory& memory, const Page& page) const;

 private:
  Page Decode(uint64_t slice, std::span<const uint8_t> bytes) const;

  const Format& format_;
  SegmentHead segment_;
  std::vector<uint8_t> bytes_;
};

}  // namespace seep::mimalloc
