#include "tests/heap/glibc_heap.h"

#include <algorithm>

namespace seep::testing {
namespace {

constexpr uint64_t kSbrkBase = GlibcHeap::kData + 0x2000;  // the field of mp_
constexpr uint64_t kHeapInfo = 0x30;
constexpr uint64_t kFill = 7;

Mapping Anonymous(uint64_t begin, uint64_t bytes, std::string path = "") {
  Mapping mapping;
  mapping.range = {Address(begin), Address(begin + bytes)};
  mapping.readable = mapping.writable = true;
  mapping.path = std::move(path);
  return mapping;
}

}  // namespace

GlibcHeap::GlibcHeap(const glibc::ArenaLayout& arena, const glibc::ThreadCacheLayout& cache,
                     bool is_protected)
    : arena_(arena), layout_(cache), is_protected_(is_protected) {
  for (uint64_t at = kData; at < kData + 0x4000; at += 0x1000) memory_.Set(at, 0);
  maps_ = {Anonymous(kBase, kBreakBytes, "[heap]")};
  main_ = {kMain, kBase, kBase + kBreakBytes, 0};
  MakeArena(main_, kBreakBytes);
  SetTop(main_, kBase);
  MakeParameters();
  MakeCache();
}

void GlibcHeap::MakeArena(const Place& place, uint64_t bytes) {
  for (uint64_t i = 0; i < glibc::kBins; ++i) {
    uint64_t bin = place.state + arena_.bin(i);
    memory_.Set(bin + 16, bin);
    memory_.Set(bin + 24, bin);
  }
  memory_.Set(place.state + arena_.next(), kMain);
  memory_.Set(place.state + arena_.attached_threads(), 1);
  memory_.Set(place.state + arena_.system_mem(), bytes);
  memory_.Set(place.state + arena_.max_system_mem(), bytes);
}

// As since 2.35.
void GlibcHeap::MakeParameters() {
  memory_.Set(kSbrkBase, kBase);
  memory_.Set(kSbrkBase - 96 + 24, 8);  // arena_test
  memory_.Set(kSbrkBase + 8, 64);       // tcache_bins, tcache_max_bytes, tcache_count
  memory_.Set(kSbrkBase + 16, 1032);
  memory_.Set(kSbrkBase + 24, kFill);
}

void GlibcHeap::MakeCache() {
  cache_ = Add(layout_.chunk_size());
  if (!layout_.counts_room) return;
  for (uint64_t i = 0; i < layout_.bins; ++i) {
    memory_.SetField(cache_ + 16 + 2 * i, static_cast<uint16_t>(kFill));
  }
}

void GlibcHeap::SetTop(Place& place, uint64_t top) {
  place.top = top;
  memory_.Set(place.state + arena_.top(), top);
  memory_.Set(top + 8, (place.end - top) | 1);
}

uint64_t GlibcHeap::AddTo(Place& place, uint64_t size) {
  uint64_t chunk = place.top;
  memory_.Set(chunk + 8, size | place.flags | 1);
  SetTop(place, chunk + size);
  return chunk;
}

void GlibcHeap::FreeToBin(uint64_t chunk) {
  uint64_t size = memory_.Get(chunk + 8) & ~uint64_t{7};
  uint64_t next = chunk + size;
  memory_.Set(next, size);
  memory_.Set(next + 8, memory_.Get(next + 8) & ~uint64_t{1});
  uint64_t bin = kMain + arena_.bin(0);
  memory_.Set(chunk + 16, bin);
  memory_.Set(chunk + 24, bin);
  memory_.Set(bin + 16, chunk);
  memory_.Set(bin + 24, chunk);
}

uint64_t GlibcHeap::FastBin(uint64_t size) const {
  return kMain + arena_.fastbins + (size - 32) / 16 * 8;
}

void GlibcHeap::FreeToFastBin(uint64_t chunk) {
  uint64_t bin = FastBin(memory_.Get(chunk + 8) & ~uint64_t{7});
  memory_.Set(chunk + 16, Protect(chunk + 16, memory_.Get(bin)));
  memory_.Set(bin, chunk);
}

uint64_t GlibcHeap::CacheNumber(uint64_t size) const {
  return cache_ + 16 + (size - 32) / 16 * layout_.count_bytes;
}

uint64_t GlibcHeap::CacheEntry(uint64_t size) const {
  return cache_ + 16 + layout_.entries() + (size - 32) / 16 * 8;
}

void GlibcHeap::FreeToThread(uint64_t chunk) {
  uint64_t size = memory_.Get(chunk + 8) & ~uint64_t{7};
  uint64_t entry = CacheEntry(size), number = CacheNumber(size);
  memory_.Set(chunk + 16, Protect(chunk + 16, memory_.Get(entry)));
  memory_.Set(entry, chunk + 16);
  auto was = static_cast<uint8_t>(memory_.Get(number & ~uint64_t{7}) >> number % 8 * 8);
  memory_.SetField(number, static_cast<uint8_t>(layout_.counts_room ? was - 1 : was + 1));
}

void GlibcHeap::MakeOther() {
  other_ = {kOther + kHeapInfo, 0, kOther + kHeapBytes, 4};
  memory_.Set(kOther, other_.state);
  memory_.Set(kOther + 16, kHeapBytes);
  memory_.Set(kOther + 24, kHeapBytes);
  MakeArena(other_, kHeapBytes);
  memory_.Set(other_.state + arena_.attached_threads(), 0);
  memory_.Set(kMain + arena_.next(), other_.state);
  SetTop(other_, glibc::RoundUp(other_.state + arena_.size(), 16));
  maps_.push_back(Anonymous(kOther, kHeapBytes));
}

uint64_t GlibcHeap::MoveOtherOn() {
  uint64_t heap = kOther + (uint64_t{64} << 20);
  uint64_t first_end = glibc::RoundUp(other_.top + 0x40, glibc::kPage);
  uint64_t rest = first_end - 0x20 - other_.top;  // of its top: a block in use
  uint64_t last = AddTo(other_, rest);
  memory_.Set(other_.top + 8, 0x10 | 1);  // fenceposts
  memory_.Set(other_.top + 16, 0x10);
  memory_.Set(other_.top + 24, 1);
  memory_.Set(kOther + 16, first_end - kOther);
  memory_.Set(heap, other_.state);
  memory_.Set(heap + 8, kOther);
  memory_.Set(heap + 16, kHeapBytes);
  memory_.Set(heap + 24, kHeapBytes);
  other_.end = heap + kHeapBytes;
  SetTop(other_, heap + kHeapInfo);
  uint64_t bytes = first_end - kOther + kHeapBytes;
  memory_.Set(other_.state + arena_.system_mem(), bytes);
  memory_.Set(other_.state + arena_.max_system_mem(), bytes);
  maps_.push_back(Anonymous(heap, kHeapBytes));
  return last;
}

uint64_t GlibcHeap::AddMapped(uint64_t bytes, uint64_t before) {
  uint64_t begin = mapped_end_, chunk = begin + before;
  uint64_t total = glibc::RoundUp(before + bytes + 16 + arena_.mmapped_tail, glibc::kPage);
  memory_.Set(chunk, before);
  memory_.Set(chunk + 8, (total - before - arena_.mmapped_tail) | 2);
  memory_.SetField(kSbrkBase - 36, ++mapped_);  // n_mmaps, and the most that there were
  memory_.SetField(kSbrkBase - 28, mapped_);
  maps_.push_back(Anonymous(begin, total));
  mapped_end_ = begin + total + glibc::kPage;
  uint64_t sum = memory_.Get(kSbrkBase - 16) + total;
  memory_.Set(kSbrkBase - 16, sum);
  memory_.Set(kSbrkBase - 8, sum);
  return chunk;
}

Target GlibcHeap::target() const {
  LoadedModule module;
  module.module.path = "/lib/libc.so.6";
  module.module.range = {Address(kData), Address(kData + 0x4000)};
  module.segments = {{module.module.range, true, false}};
  std::vector<Mapping> maps = maps_;
  std::ranges::sort(maps, {}, [](const Mapping& mapping) { return mapping.range.begin; });
  return {&memory_, maps, {module}};
}

}  // namespace seep::testing
