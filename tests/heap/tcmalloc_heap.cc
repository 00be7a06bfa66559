#include "tests/heap/tcmalloc_heap.h"

namespace seep::testing {

TcmallocHeap::TcmallocHeap(const TcmallocLayout& layout) : layout_(layout) {
  memory_.Map(kData, DataBytes());
  MakeTables();
  MakeCentralLists();
}

void TcmallocHeap::MakeTables() {
  uint64_t pages = (kSizes + 4 * layout_.room + 7) / 8 * 8;
  for (uint32_t i = 0; i < kClasses; ++i) {
    memory_.Set(kSizes - 4 * layout_.room + 4 * i, uint32_t{i == 0 ? 0 : kChain});
    memory_.Set(kSizes + 4 * i, static_cast<uint32_t>(kBytes[i]));
    memory_.Set(pages + 8 * i, i == 0 ? 0 : PagesOf(i));
  }
  memory_.Set(pages + 8 * layout_.room + layout_.after_pages, uint64_t{kClasses});
}

void TcmallocHeap::MakeCentralLists() {
  for (uint64_t i = 0; i < kClasses; ++i) {
    uint64_t at = kCentral + i * CentralStride();
    memory_.Set(at + 8, i);
    for (uint64_t list : {at + 16, at + 64}) {
      memory_.Set(list + 16, list);
      memory_.Set(list + 24, list);
    }
  }
}

uint64_t TcmallocHeap::PagesOf(uint32_t size_class) const {
  uint64_t page = uint64_t{1} << layout_.page_shift;
  return (kBytes[size_class] + page - 1) / page;
}

uint64_t TcmallocHeap::Capacity(uint32_t size_class) const {
  return (PagesOf(size_class) << layout_.page_shift) / kBytes[size_class];
}

uint64_t TcmallocHeap::Allocate(uint64_t bytes) {
  uint64_t at = metadata_;
  memory_.Map(at, bytes);
  metadata_ += (bytes + 63) / 64 * 64;
  return at;
}

uint32_t TcmallocHeap::RootBits() const {
  uint32_t bits = 48 - layout_.page_shift;
  return layout_.levels == 2 ? bits - (bits + 1) / 2 : (bits + 2) / 3;
}

void TcmallocHeap::SetEntry(uint64_t page, uint64_t span) {
  uint32_t bits = 48 - layout_.page_shift;
  uint32_t interior = RootBits();
  uint64_t node = kRoot;
  uint32_t below = bits - interior;
  for (uint32_t level = 1; level < layout_.levels; ++level) {
    uint64_t place = node + 8 * (page >> below & ((uint64_t{1} << interior) - 1));
    node = ReadWord(memory_, Address(place)).value();
    uint32_t child_bits = level + 1 < layout_.levels ? interior : below;
    if (node == 0) {
      node = Allocate(8 << child_bits);
      memory_.Set(place, node);
    }
    if (level + 1 < layout_.levels) below -= interior;
  }
  memory_.Set(node + 8 * (page & ((uint64_t{1} << below) - 1)), span);
}

uint64_t TcmallocHeap::NewSpan(uint64_t page, uint64_t pages) {
  uint64_t span = Allocate(48);
  memory_.Set(span, page);
  memory_.Set(span + 8, pages);
  SetEntry(page, span);
  SetEntry(page + pages - 1, span);
  return span;
}

void TcmallocHeap::SetBits(uint64_t span, uint64_t refcount, uint64_t size_class, uint64_t location,
                           bool sampled) {
  memory_.Set(span + 40, refcount | size_class << 16 | location << 24 | uint64_t{sampled} << 26);
}

uint64_t TcmallocHeap::AddSmall(uint64_t page, uint32_t size_class) {
  uint64_t span = NewSpan(page, PagesOf(size_class));
  for (uint64_t i = 1; i + 1 < PagesOf(size_class); ++i) SetEntry(page + i, span);
  SetBits(span, Capacity(size_class), size_class, 0);
  memory_.Map(page << layout_.page_shift, PagesOf(size_class) << layout_.page_shift);
  uint64_t central = kCentral + size_class * CentralStride();
  memory_.Set(central + 16 + 16, span);  // empty_.next
  memory_.Set(central + 112, ReadWord(memory_, Address(central + 112)).value() + 1);
  return span;
}

uint64_t TcmallocHeap::AddLarge(uint64_t page, uint64_t pages, uint64_t location) {
  uint64_t span = NewSpan(page, pages);
  SetBits(span, 0, 0, location);
  return span;
}

uint64_t TcmallocHeap::AddSampled(uint64_t page, uint64_t pages, uint64_t requested) {
  uint64_t span = AddLarge(page, pages);
  uint64_t trace = Allocate(264);
  memory_.Set(trace, requested);
  memory_.Set(span + 32, trace);
  SetBits(span, 0, 0, 0, true);
  return span;
}

uint64_t TcmallocHeap::AddGrowth(uint64_t bytes, const std::vector<uint64_t>& stack) {
  uint64_t record = Allocate(264);
  memory_.Set(record, bytes);
  memory_.Set(record + 8, uint64_t{stack.size()});
  for (size_t i = 0; i < stack.size(); ++i) memory_.Set(record + 16 + 8 * i, stack[i]);
  memory_.Set(record + 16 + 8 * 30, ReadWord(memory_, Address(kGrowthStacks)).value());
  memory_.Set(kGrowthStacks, record);
  return record;
}

void TcmallocHeap::Chain(const std::vector<uint64_t>& blocks) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    memory_.Set(blocks[i], i + 1 < blocks.size() ? blocks[i + 1] : uint64_t{0});
  }
}

void TcmallocHeap::FreeToSpan(uint64_t span, const std::vector<uint64_t>& blocks) {
  Chain(blocks);
  memory_.Set(span + 32, blocks.front());
  uint64_t bits = ReadWord(memory_, Address(span + 40)).value();
  memory_.Set(span + 40, bits - blocks.size());
}

uint64_t TcmallocHeap::AddThread() {
  uint64_t lists = 32 * layout_.room;
  uint64_t thread = Allocate(lists + 64);
  for (uint32_t i = 0; i < kClasses; ++i) {
    memory_.Set(thread + 32 * i + 24, static_cast<uint32_t>(kBytes[i]));
  }
  if (!threads_.empty()) {
    memory_.Set(thread + lists + layout_.next, threads_.back());
    memory_.Set(threads_.back() + lists + layout_.next + 8, thread);
  }
  threads_.push_back(thread);
  memory_.Set(kThreads, thread);
  return thread;
}

void TcmallocHeap::FreeToThread(uint64_t thread, uint32_t size_class,
                                const std::vector<uint64_t>& blocks) {
  Chain(blocks);
  memory_.Set(thread + 32 * size_class, blocks.front());
  memory_.Set(thread + 32 * size_class + 8, static_cast<uint32_t>(blocks.size()));
}

void TcmallocHeap::FreeToTransfer(uint32_t size_class, const std::vector<uint64_t>& blocks) {
  Chain(blocks);
  uint64_t slots = kCentral + size_class * CentralStride() + 128;
  uint64_t used = slots + 16 * layout_.slots;
  auto n = static_cast<uint32_t>(ReadWord(memory_, Address(used)).value());
  memory_.Set(slots + 16 * n, blocks.front());
  memory_.Set(used, n + 1);
}

Target TcmallocHeap::target() const {
  LoadedModule module;
  module.module.path = "/lib/liballoc.so";
  module.module.range = {Address(kData), Address(kData + DataBytes())};
  // .data of the file, and .bss
  module.segments = {{{Address(kCode), Address(kCode + 0x1000)}, false, true},
                     {{Address(kData), Address(kData + 0x1000)}, true, false},
                     {{Address(kData + 0x1000), Address(kData + DataBytes())}, true, false}};
  return {&memory_, {}, {module}};
}

}  // namespace seep::testing
