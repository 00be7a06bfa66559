// mimalloc's own structures, as versions 2.0.9 to 2.4 lay them out on x86-64.
//
//   segment: 32 MiB, aligned (larger for one huge block)
//   ┌────────┬───────────────┬───────────────┬─────────
//   │ header │ page (64 KiB) │ page (512 KiB)│ …          in slices of 64 KiB
//   └────────┴───────────────┴───────────────┴─────────
//     cookie = segment ^ the main heap's cookie
//     slices[]: the first of a page's slices describes it:
//        blocks of one size; capacity: how many exist yet, used: how many are taken
//        free, local free, thread free: lists of the others, linked through the blocks
//        heap: whose thread's, with one more list: blocks that other threads gave back
//
// Sources: microsoft/mimalloc, tags v2.0.9 to v2.4.1: include/mimalloc/types.h (2.0.9:
// include/mimalloc-types.h), internal.h, src/segment.c.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/address.h"

namespace seep::mimalloc {

inline constexpr uint64_t kSegment = 32 << 20;
inline constexpr uint64_t kSlice = 64 << 10;
inline constexpr uint64_t kSlicesOfSegment = kSegment / kSlice;
inline constexpr uint64_t kWord = 8;

// What differs between versions and builds.
struct Format {
  // Where a page's first block lies.
  enum class Start {
    k384Bytes,    // after the slices' begin, for blocks up to 1 KiB
    kSomeBlocks,  // three blocks of up to 64 bytes, one of up to 512
    kStored,      // the page says it
  };
  const char* versions;
  uint64_t cookie_at;  // in the segment
  uint64_t counts_at;  // in the segment: slices, slices of the header, kind, entries
  Start start;
  bool encoded;  // links are encoded by keys: secure and debug builds

  bool stored() const { return start == Start::kStored; }
  uint64_t slices_at() const { return counts_at + 40; }
  // 40 or 56 bytes, the keys if any, and five words.
  uint64_t keys_at() const { return stored() ? 56 : 40; }
  uint64_t thread_free_at() const { return keys_at() + (encoded ? 16 : 0); }
  uint64_t page_bytes() const { return thread_free_at() + 40; }
};
inline constexpr Format kFormats[] = {
    {"2.0.9", 0xd8, 0xe0, Format::Start::k384Bytes, false},
    {"2.0.9", 0xd8, 0xe0, Format::Start::k384Bytes, true},
    {"2.1.0 to 2.1.2", 0xd8, 0xe0, Format::Start::kSomeBlocks, false},
    {"2.1.0 to 2.1.2", 0xd8, 0xe0, Format::Start::kSomeBlocks, true},
    {"2.1.4 to 2.1.7", 0xd8, 0xe0, Format::Start::kStored, false},
    {"2.1.4 to 2.1.7", 0xd8, 0xe0, Format::Start::kStored, true},
    {"2.1.9 to 2.4", 0xe0, 0xf8, Format::Start::kStored, false},
    {"2.1.9 to 2.4", 0xe0, 0xf8, Format::Start::kStored, true},
};

// In a heap, beside its cookie: the same in all versions.
inline constexpr uint64_t kDelayedBeforeCookie = 24;
inline constexpr uint64_t kThreadBeforeCookie = 16;
inline constexpr uint64_t kKeysAfterCookie = 8;
// The cookie's own place: 2.0.9 to 2.1.2, the same with padded blocks, and later versions.
inline constexpr uint64_t kCookiePlaces[] = {0xb30, 0xb38, 32};

inline uint64_t WordAt(std::span<const uint8_t> bytes, size_t at) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

// How a list's links are written. Its last link is `null`, encoded like the others.
struct LinkKeys {
  bool encoded = false;
  uint64_t null = 0;  // the address of the page or heap that has the list
  uint64_t first = 0, second = 0;

  Address Decode(uint64_t link) const {
    if (!encoded) return Address(link);
    uint64_t plain = std::rotr(link - first, static_cast<int>(first % 64)) ^ second;
    return Address(plain == null ? 0 : plain);
  }
};

}  // namespace seep::mimalloc
