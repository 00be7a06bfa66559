// jemalloc's own structures, as versions 5.0 to 5.3 lay them out on x86-64 with 4 KiB pages.
//
//   rtree root (.bss)      leaf: one entry a page           edata ("extent" until 5.2)
//   ┌─────┐                ┌──────────────────────┐         ┌──────────────────────────┐
//   │  …  │ address >> 30  │ class │ edata │ flags ├────────►│  0 bits: arena, slab,    │
//   │     ├───────────────►│  …                   │         │    state, class, free    │
//   └─────┘                └──────────────────────┘         │  8 address of the block  │
//                                                           │ 16 size of the extent    │
//   An extent is a run of pages: a slab of equal small      │ 64 slab: bitmap, 1: free │
//   blocks, one large block, or nothing (dirty, muzzy,      │    else: profiling       │
//   retained). Its first and last page have entries; a      └──────────────────────────┘
//   slab's have all.
//
// Sources: jemalloc/jemalloc, tags 5.0.1 to 5.3.1: include/jemalloc/internal/{extent_structs.h,
// edata.h, rtree.h, cache_bin.h}.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "base/address.h"

namespace seep::jemalloc {

inline constexpr uint64_t kPage = 4096;
inline constexpr uint64_t kWord = 8;
inline constexpr uint64_t kEdataBytes = 128;
inline constexpr uint64_t kBitmapAt = 64;
inline constexpr uint64_t kProfilingAt = 64;
inline constexpr uint64_t kMaxBlocksOfSlab = 512;  // SC_SLAB_MAXREGS: a page of the smallest class
inline constexpr uint64_t kCacheline = 64;         // what the root's children are aligned to

// What differs between versions.
struct Format {
  enum class CacheBins { kUnknown, kCounted, kLowBits };
  const char* versions;
  unsigned state_shift, state_bits;  // of the edata's first word
  unsigned class_shift;
  unsigned free_shift;
  uint64_t entry_flags;  // low bits of a leaf's entry that are not the edata's address
  CacheBins cache_bins;
};
inline constexpr Format kFormats[] = {
    {"5.3", 17, 3, 20, 28, 127, Format::CacheBins::kLowBits},
    {"5.1 or 5.2", 16, 2, 18, 26, 1, Format::CacheBins::kCounted},
    {"5.0", 15, 2, 17, 25, 1, Format::CacheBins::kUnknown},
};

enum class ExtentState : uint8_t { kActive = 0, kDirty = 1, kMuzzy = 2, kRetained = 3 };

// A leaf's entry. A page without an extent has no edata.
struct LeafEntry {
  Address edata;
  uint8_t size_class = 0;
  bool slab = false;
};

struct Extent {
  uint32_t arena = 0;
  bool slab = false;
  uint8_t state = 0;  // an ExtentState, or more: in transition
  uint8_t size_class = 0;
  uint32_t free_blocks = 0;  // of a slab
  Address block;             // a large block starts anywhere in the first page
  AddressRange pages;
};

inline uint64_t WordAt(std::span<const uint8_t> bytes, size_t at) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

// Nothing where it cannot be one: no pages, or beyond the end of memory. At least 24 bytes.
inline std::optional<Extent> DecodeExtent(const Format& format, std::span<const uint8_t> edata) {
  uint64_t bits = WordAt(edata, 0);
  auto field = [bits](unsigned shift, unsigned width) {
    return static_cast<uint32_t>(bits >> shift & ((uint64_t{1} << width) - 1));
  };
  Extent extent;
  extent.arena = field(0, 12);
  extent.slab = field(12, 1) != 0;
  extent.state = static_cast<uint8_t>(field(format.state_shift, format.state_bits));
  extent.size_class = static_cast<uint8_t>(field(format.class_shift, 8));
  extent.free_blocks = field(format.free_shift, 10);
  extent.block = Address(WordAt(edata, 8));
  extent.pages.begin = Address(extent.block.value() & ~(kPage - 1));
  extent.pages.end = extent.pages.begin + (WordAt(edata, 16) & ~(kPage - 1));
  if (extent.pages.size() == 0 || extent.pages.begin.is_null()) return std::nullopt;
  return extent;
}

}  // namespace seep::jemalloc
