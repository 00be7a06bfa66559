#include "tests/heap/jemalloc_fixture.h"

namespace seep::testing {
namespace {

using jemalloc::Format;
using jemalloc::kPage;

constexpr uint64_t kArena = JemallocFixture::kBase + 0x1000;
constexpr uint64_t kBins = JemallocFixture::kStack + 0x200;
constexpr uint64_t kStacks = JemallocFixture::kStack + 0x2000;
constexpr int kNoClass = 232;

}  // namespace

JemallocFixture::JemallocFixture(const jemalloc::Format& format, const jemalloc::RtreeShape& shape)
    : format_(format), shape_(shape) {
  target.memory = &memory;
  auto map = [this](uint64_t begin, uint64_t bytes) {
    Mapping mapping;
    mapping.range = {Address(begin), Address(begin + bytes)};
    mapping.readable = mapping.writable = true;
    target.maps.push_back(mapping);
  };
  map(kData, 4 << 20);
  map(kBase, 16 << 20);
  map(kHeap, 1 << 20);
  map(kStack, 1 << 20);
  AddModule();
  AddTree();

  constexpr uint64_t kBlocks = 256;
  AddExtent(kSlab, 3, 0, 3, true, 100, 0);
  for (uint64_t word = 0; word < kBlocks / 64; ++word) {
    uint64_t first = word * 64;
    uint64_t free = first + 64 <= 100 ? ~uint64_t{0} : first < 100 ? (uint64_t{1} << 36) - 1 : 0;
    memory.Set(kSlabEdata + jemalloc::kBitmapAt + word * 8, free);
  }
  for (uint64_t i = 120; i < kBlocks; ++i) live.insert(kSlab + i * 48);
  AddExtent(kHeap + 3 * kPage, 7, 0, 35, true, 0, 0);
  live.insert({kHeap + 3 * kPage, kHeap + 3 * kPage + (14 << 10)});
  AddExtent(kHeap + 10 * kPage, 5, 0, 36, false, 0, 128);
  live.insert(kHeap + 10 * kPage + 128);
  AddExtent(kHeap + 15 * kPage, 5, 0, 36, false, 0, 0);
  AddExtent(kHeap + 20 * kPage, 2, 1, kNoClass, false, 0, 0);
  AddExtent(kHeap + 22 * kPage, 3, 2, kNoClass, false, 0, 0);
  AddExtent(kHeap + 25 * kPage, 4, 3, kNoClass, false, 0, 0);
  for (uint64_t page = kHeap - 100 * kPage; page < kHeap; page += kPage) {
    bool packed = shape.entry_words == 1;
    memory.Set(EntryOf(page) + (packed ? 0 : 8), uint64_t{kNoClass} << (packed ? 48 : 5));
  }
  AddThreadCache();
}

void JemallocFixture::AddModule() {
  LoadedModule module;
  module.module.path = "/usr/lib/liballocator.so";
  module.module.load_bias = kData;
  module.segments.push_back({.range = {Address(kData), Address(kData + (4 << 20))},
                             .writable = true,
                             .executable = false});
  target.modules.push_back(module);
  memory.Set(kData + 0x1000, kArena);  // arenas[0]
  memory.Set(kBase, 16 << 20);         // the base block's size
  memory.Set(kBase + 8, 0);            // and its successor
}

void JemallocFixture::AddTree() {
  uint64_t index = kHeap / kPage >> shape_.bits_below_root();
  uint64_t child = kBase + 0x200040;
  memory.Set(root_ + index * 8, child);
  leaf_ = child;
  if (shape_.node_bits > 0) {
    leaf_ = kBase + 0x400040;
    uint64_t in_node =
        (kHeap / kPage >> shape_.leaf_bits) & ((uint64_t{1} << shape_.node_bits) - 1);
    memory.Set(child + in_node * 8, leaf_);
  }
}

uint64_t JemallocFixture::EntryOf(uint64_t page) const {
  uint64_t index = page / kPage & ((uint64_t{1} << shape_.leaf_bits) - 1);
  return leaf_ + index * 8 * shape_.entry_words;
}

void JemallocFixture::AddExtent(uint64_t begin, uint64_t pages, unsigned state, int size_class,
                                bool slab, uint64_t free_blocks, uint64_t offset) {
  uint64_t edata = kSlabEdata + 128 * edatas_++;
  auto klass = static_cast<uint64_t>(size_class);
  memory.Set(edata, uint64_t{slab} << 12 | uint64_t{state} << format_.state_shift |
                        klass << format_.class_shift | free_blocks << format_.free_shift);
  memory.Set(edata + 8, begin + offset);
  memory.Set(edata + 16, pages * kPage | 5);  // and a serial number
  bool has_state = format_.state_bits == 3;
  for (uint64_t page = 0; page < pages; ++page) {
    if (!slab && page != 0 && page != pages - 1) continue;
    uint64_t entry = EntryOf(begin + page * kPage);
    uint64_t flags = uint64_t{slab} | (has_state ? uint64_t{state} << 2 : 0);
    if (shape_.entry_words == 1) {
      memory.Set(entry, klass << 48 | edata | flags);
    } else {
      memory.Set(entry, edata);
      memory.Set(entry + 8, has_state ? klass << 5 | flags : klass | uint64_t{slab} << 32);
    }
  }
}

void JemallocFixture::AddThreadCache() {
  memory.Set(kArena + 0x3000, kDescriptor);
  memory.Set(kDescriptor, kDescriptor);  // a ring of one
  memory.Set(kDescriptor + 8, kDescriptor);
  bool one_array = format_.cache_bins == Format::CacheBins::kLowBits;
  memory.Set(kDescriptor + 16, kBins);
  if (!one_array) memory.Set(kDescriptor + 24, kBins + 36 * 24);
  memory.Set(kDescriptor + (one_array ? 24 : 32), kArena);

  std::vector<uint64_t> small;
  for (uint64_t i = 100; i < 120; ++i) small.push_back(kSlab + i * 48);
  for (uint64_t i = 0; i < 37; ++i) {
    AddBin(i, i == 3 ? small : i == 36 ? std::vector{kHeap + 15 * kPage} : std::vector<uint64_t>());
  }
}

void JemallocFixture::AddBin(uint64_t index, const std::vector<uint64_t>& blocks) {
  uint64_t bin = kBins + index * 24;
  uint64_t end = kStacks + (index + 1) * 0x400;  // of the bin's stack
  uint64_t top = end - blocks.size() * 8;
  memory.Set(end - 8, 0x7a7a'7a7a'7a7a'7a7a);
  for (size_t i = 0; i < blocks.size(); ++i) memory.Set(top + i * 8, blocks[i]);
  if (format_.cache_bins == Format::CacheBins::kLowBits) {
    memory.Set(bin, top);
    memory.Set(bin + 16, (end & 0xffff) << 32);
  } else {
    memory.Set(bin, uint64_t{blocks.size()} << 32);
    memory.Set(bin + 16, end);
  }
}

}  // namespace seep::testing
