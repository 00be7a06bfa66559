#include "tests/heap/mimalloc_fixture.h"

#include <algorithm>
#include <bit>

namespace seep::testing {
namespace {

using mimalloc::Format;
using mimalloc::kSlice;

constexpr uint64_t kCookie = 0x1234'5678'9abc'def1;
constexpr uint64_t kThread = 0x7f33'4455'6680;
constexpr uint64_t kPageKeys[2] = {0x0f1e'2d3c'4b5a'6978, 0x1122'3344'5566'7788};
constexpr uint64_t kHeapKeys[2] = {0x9988'7766'5544'3322, 0x1357'9bdf'0246'8ace};
constexpr uint64_t kBlock = 48;

}  // namespace

MimallocFixture::MimallocFixture(const Format& format) : format_(format) {
  target.memory = &memory;
  auto map = [this](uint64_t begin, uint64_t bytes) {
    Mapping mapping;
    mapping.range = {Address(begin), Address(begin + bytes)};
    mapping.readable = mapping.writable = true;
    target.maps.push_back(mapping);
  };
  map(kData, 1 << 20);
  map(kSegment, mimalloc::kSegment + kHugeSlices * kSlice);
  LoadedModule module;
  module.module.path = "/usr/lib/liballocator.so";
  module.module.load_bias = kData;
  module.segments.push_back({.range = {Address(kData), Address(kData + (1 << 20))},
                             .writable = true,
                             .executable = false});
  target.modules.push_back(module);

  uint64_t cookie = kHeap + mimalloc::kCookiePlaces[format.stored() ? 2 : 0];
  memory.Set(cookie, kCookie);
  memory.Set(cookie - mimalloc::kThreadBeforeCookie, kThread);
  memory.Set(cookie + mimalloc::kKeysAfterCookie, kHeapKeys[0]);
  memory.Set(cookie + mimalloc::kKeysAfterCookie + 8, kHeapKeys[1]);

  AddSegment(kSegment, mimalloc::kSlicesOfSegment);
  AddPage(kSegment, 1, 1, kBlock, 1000, 1200, 850);
  uint64_t page = PageAt(kSegment, 1);
  memory.Set(page + 16, AddList(0, 100, page, kPageKeys));
  memory.Set(page + (format.stored() ? 24 : 32), AddList(100, 150, page, kPageKeys));
  memory.Set(page + format.thread_free_at(), AddList(150, 180, page, kPageKeys) | 2);
  memory.Set(cookie - mimalloc::kDelayedBeforeCookie, AddList(180, 185, kHeap, kHeapKeys));
  for (uint64_t i = 185; i < 1000; ++i) live.insert(BlockAt(i));
  AddPage(kSegment, 2, 1, 8, 100, 100, 100);
  for (uint64_t i = 0; i < 100; ++i) live.insert(StartOf(kSegment + 2 * kSlice, 8) + i * 8);
  memory.Set(PageAt(kSegment, 3), mimalloc::kSlicesOfSegment - 3);  // free slices

  AddSegment(kHuge, kHugeSlices);
  AddPage(kHuge, 1, kHugeSlices - 1, (kHugeSlices - 1) * kSlice, 1, 1, 1);
  live.insert(kHuge + kSlice);
}

uint64_t MimallocFixture::PageAt(uint64_t segment, uint64_t slice) const {
  return segment + format_.slices_at() + slice * format_.page_bytes();
}

uint64_t MimallocFixture::StartOf(uint64_t begin, uint64_t block_size) const {
  if (block_size > 512) return begin;
  return begin + (format_.start == Format::Start::k384Bytes ? 384 : 3 * block_size);
}

uint64_t MimallocFixture::BlockAt(uint64_t index) const {
  return StartOf(kSegment + kSlice, kBlock) + index * kBlock;
}

void MimallocFixture::AddSegment(uint64_t segment, uint64_t slices) {
  memory.Set(segment + format_.cookie_at, kCookie ^ segment);
  uint64_t counts = segment + format_.counts_at;
  memory.Set(counts, slices);
  memory.Set(counts + 8, 1);
  memory.Set(counts + 16, slices == mimalloc::kSlicesOfSegment ? 0 : 1);
  memory.Set(counts + 24, std::min(slices, mimalloc::kSlicesOfSegment));
  memory.Set(counts + 32, kThread);
}

void MimallocFixture::AddPage(uint64_t segment, uint64_t slice, uint64_t slices,
                              uint64_t block_size, uint64_t capacity, uint64_t reserved,
                              uint64_t used) {
  uint64_t page = PageAt(segment, slice);
  memory.SetField(page, static_cast<uint32_t>(slices));
  memory.SetField(page + 10, static_cast<uint16_t>(capacity));
  memory.SetField(page + 12, static_cast<uint16_t>(reserved));
  if (format_.stored()) {
    memory.SetField(page + 32, static_cast<uint16_t>(used));
    memory.Set(page + 40, block_size);
    memory.Set(page + 48, StartOf(segment + slice * kSlice, block_size));
  } else {
    memory.SetField(page + 24, static_cast<uint32_t>(used));
    memory.SetField(page + 28, static_cast<uint32_t>(block_size));
  }
  if (format_.encoded) {
    memory.Set(page + format_.keys_at(), kPageKeys[0]);
    memory.Set(page + format_.keys_at() + 8, kPageKeys[1]);
  }
  memory.Set(page + format_.thread_free_at() + 8, kHeap);
}

uint64_t MimallocFixture::AddList(uint64_t first, uint64_t last, uint64_t null,
                                  const uint64_t keys[2]) {
  for (uint64_t i = first; i < last; ++i) {
    uint64_t next = i + 1 < last ? BlockAt(i + 1) : 0;
    uint64_t encoded =
        std::rotl((next == 0 ? null : next) ^ keys[1], static_cast<int>(keys[0] % 64)) + keys[0];
    memory.Set(BlockAt(i), format_.encoded ? encoded : next);
  }
  return BlockAt(first);
}

}  // namespace seep::testing
