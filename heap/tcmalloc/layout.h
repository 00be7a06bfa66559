// gperftools' structures as they lie in memory, on 64-bit machines: the same from 2.6 to 2.18, but
// for the number of size classes that there is room for and the place of ThreadCache's links (read
// in span.h, central_freelist.h, thread_cache.h, common.h, pagemap.h of every release).
//
//   page map ──► Span{start, length, objects, class, …}        a run of pages
//                  └─ objects ──► block ──► block ──► 0        free, in the span
//   thread_heaps_ ──► ThreadCache{list_[class]} ⇄ next          free, in a thread's lists
//   central_cache_[class].tc_slots_[0 … used_slots_)            free, in chains on their way
//
// A free block's first word leads to the next one. A block of a span with a class is live if it is
// on none of these lists; a span without a class is one block, live if the span is in use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "base/address.h"

namespace seep::tcmalloc {

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

inline constexpr uint32_t kAddressBits = 48;          // common.h, x86-64 and aarch64
inline constexpr uint32_t kLargestSmall = 256 << 10;  // kMaxSize: of the last size class

// Could a word be a pointer to one of these structures, or to a block?
inline bool IsPlausible(uint64_t word) {
  return word % 8 == 0 && word >= 4096 && word >> kAddressBits == 0;
}

// SizeMap:  … int num_objects_to_move_[N]  int32 class_to_size_[N]  size_t class_to_pages_[N] …
struct SizeClasses {
  uint32_t room = 0;            // N: 96 up to 2.7, 128 since
  uint32_t page_shift = 0;      // 12 to 18; 13 by default
  std::vector<uint32_t> bytes;  // by class; class 0 is none
  std::vector<uint64_t> pages;  // of each of its spans
  std::vector<uint32_t> batch;  // blocks in a chain of the transfer cache

  uint32_t count() const { return static_cast<uint32_t>(bytes.size()); }
  uint64_t span_bytes(uint32_t size_class) const { return pages[size_class] << page_shift; }
  // What a request of so many bytes, at most kLargestSmall, gets.
  uint64_t rounded(uint64_t requested) const {
    auto fits = std::lower_bound(bytes.begin(), bytes.end(), requested);
    return fits == bytes.end() ? requested : *fits;
  }
  uint32_t capacity(uint32_t size_class) const {
    return static_cast<uint32_t>(span_bytes(size_class) / bytes[size_class]);
  }
};

struct Span {
  static constexpr size_t kBytes = 48;
  enum Location : uint8_t { kInUse, kNormal, kReturned };

  Address address;
  uint64_t start = 0;       // page number
  uint64_t length = 0;      // pages
  uint64_t objects = 0;     // first of its free blocks; of a sampled block: its StackTrace
  uint32_t refcount = 0;    // blocks that are not on `objects`
  uint32_t size_class = 0;  // 0: one large block
  uint8_t location = 0;
  bool sampled = false;

  uint64_t end() const { return start + length; }

  //  0 start │ 8 length │ 16 next │ 24 prev │ 32 objects │ 40 refcount:16 sizeclass:8 location:2
  //  sample:1
  static Span Parse(Address address, const uint8_t* bytes) {
    auto bits = Load<uint32_t>(bytes + 40);
    return {.address = address,
            .start = Load<uint64_t>(bytes),
            .length = Load<uint64_t>(bytes + 8),
            .objects = Load<uint64_t>(bytes + 32),
            .refcount = bits & 0xffff,
            .size_class = bits >> 16 & 0xff,
            .location = static_cast<uint8_t>(bits >> 24 & 3),
            .sampled = (bits >> 26 & 1) != 0};
  }
};

// StackTrace of a sampled block: {size_t requested; size_t depth; void* stack[31]}, leaf first.
struct StackTrace {
  static constexpr uint64_t kMaxDepth = 31;

  uint64_t requested = 0;
  uint64_t depth = 0;
  uint64_t stack[kMaxDepth] = {};

  bool is_sound(uint64_t span_bytes) const { return requested <= span_bytes && depth <= kMaxDepth; }
};
static_assert(sizeof(StackTrace) == 264);

// CentralFreeList, one for each class; TCMALLOC_SMALL_BUT_SLOW has no transfer slots.
struct CentralLists {
  static constexpr uint64_t kSizeClass = 8;
  static constexpr uint64_t kEmpty = 16;     // Span that heads the list of spans with nothing free
  static constexpr uint64_t kNonEmpty = 64;  // and of those with something
  static constexpr uint64_t kSpans = 112;
  static constexpr uint64_t kSlots = 128;  // {head, tail}; then int32 used_slots_
  static constexpr uint64_t kNextInSpan = 16;

  Address first;  // of class 0
  uint32_t slots = 0;

  static constexpr uint64_t Stride(uint32_t slots) {
    return (kSlots + 16 * uint64_t{slots} + 12 + 63) / 64 * 64;
  }
  Address of(uint32_t size_class) const { return first + size_class * Stride(slots); }
};

// ThreadCache::list_[class]: {void* list; u32 length, low water, maximum, overages; i32 size}.
struct ThreadLists {
  static constexpr uint64_t kStride = 32;
  static constexpr uint64_t kLength = 8;
  static constexpr uint64_t kSize = 24;
  // After the lists: sizes, sampler, (up to 2.15) owner, then next_ and prev_.
  static constexpr uint64_t kTail = 64;

  // kMaxDynamicFreeListLength is 8192, and a batch, 8192 at most, may come on top.
  static constexpr uint32_t kLongest = 16384;
};

// A radix tree from page numbers to spans: two levels, or three with TCMALLOC_SMALL_BUT_SLOW.
struct PageMapShape {
  std::vector<uint32_t> bits;  // of the page number, by level; the leaf's come last

  uint64_t leaf_length() const { return uint64_t{1} << bits.back(); }
  uint64_t root_length() const { return uint64_t{1} << bits.front(); }

  // pagemap.h, TCMalloc_PageMap2 and TCMalloc_PageMap3.
  static PageMapShape Levels(uint32_t levels, uint32_t page_shift) {
    uint32_t all = kAddressBits - page_shift;
    if (levels == 2) return {{all - (all + 1) / 2, (all + 1) / 2}};
    uint32_t interior = (all + 2) / 3;
    return {{interior, interior, all - 2 * interior}};
  }
};

// All that has to be known to walk one heap.
struct Heap {
  SizeClasses classes;
  CentralLists central;
  PageMapShape shape;
  Address root;                          // of the page map
  std::vector<Address> thread_pointers;  // variables that lead to a ThreadCache
  std::optional<Address> growth_stacks;  // the variable that leads to them
};

}  // namespace seep::tcmalloc
