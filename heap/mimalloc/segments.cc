#include "heap/mimalloc/segments.h"

#include <algorithm>
#include <array>

#include "heap/sparse_table.h"
#include "heap/writable_memory.h"

namespace seep::mimalloc {
namespace {

constexpr uint64_t kMaxSlices = uint64_t{1} << 30;  // 64 TiB
constexpr uint64_t kHugeBlock = uint64_t{2} << 30;  // "as large as the page" in a field of 32 bits
constexpr uint64_t kThreadFreeFlags = 3;            // in the low bits of the list's head

template <typename T>
T FieldAt(std::span<const uint8_t> bytes, size_t at) {
  T field;
  std::memcpy(&field, bytes.data() + at, sizeof(field));
  return field;
}

Address FirstBlock(Format::Start rule, const Page& page, uint64_t stored) {
  const uint64_t size = page.block_size;
  switch (rule) {
    case Format::Start::k384Bytes:
      return page.span.begin + (size >= kWord && size <= 1024 ? 384 : 0);
    case Format::Start::kSomeBlocks:
      return page.span.begin + (size < kWord || size > 512 ? 0 : size <= 64 ? 3 * size : size);
    case Format::Start::kStored:
      break;
  }
  return Address(stored);
}

}  // namespace

std::optional<SegmentHead> ReadSegment(const Memory& memory, const std::vector<Mapping>& maps,
                                       const Format& format, Address at) {
  std::array<uint8_t, 0x130> head;
  if (memory.Read(at, head) != head.size()) return std::nullopt;
  SegmentHead segment;
  segment.begin = at;
  segment.cookie = WordAt(head, format.cookie_at) ^ at.value();
  segment.slices = WordAt(head, format.counts_at);
  segment.header_slices = WordAt(head, format.counts_at + 8);
  auto kind = FieldAt<uint32_t>(head, format.counts_at + 16);
  segment.entries = WordAt(head, format.counts_at + 24);
  segment.thread = WordAt(head, format.counts_at + 32);
  bool huge = kind == 1;
  // Secure builds do not use the last slice: a guard page is in it.
  uint64_t entries = std::min(segment.slices, kSlicesOfSegment);
  bool can_be = kind <= 1 && segment.slices <= kMaxSlices && segment.header_slices > 0 &&
                segment.header_slices < segment.slices &&
                segment.header_slices < kSlicesOfSegment &&
                (segment.entries == entries || segment.entries + 1 == entries) &&
                (huge || segment.slices == kSlicesOfSegment);
  // Pages may be taken away from writing, the header not.
  can_be = can_be && IsWritable(maps, {at, at + format.slices_at() + format.page_bytes()}) &&
           FindMapping(maps, segment.end() - 1) != nullptr;
  return can_be ? std::optional(segment) : std::nullopt;
}

void ForEachSegment(const Memory& memory, const std::vector<Mapping>& maps, const Format& format,
                    absl::FunctionRef<void(const SegmentHead&)> visit) {
  Address next;
  for (const Mapping& mapping : maps) {
    if (!mapping.writable || !mapping.readable || mapping.has_file()) continue;
    uint64_t first = (std::max(mapping.range.begin, next).value() + kSegment - 1) / kSegment;
    for (Address at(first * kSegment); at < mapping.range.end;) {
      std::optional<SegmentHead> segment = ReadSegment(memory, maps, format, at);
      if (segment.has_value()) visit(*segment);
      next = segment.has_value() ? segment->end() : at + kSegment;
      at = Address((next.value() + kSegment - 1) / kSegment * kSegment);
    }
  }
}

bool IsPlausible(const Page& page) {
  auto is_head = [&page](Address list) { return list.is_null() || page.IndexOf(list).has_value(); };
  return page.start >= page.span.begin && page.capacity <= page.reserved &&
         page.used <= page.capacity && page.start <= page.span.end &&
         page.block_size <= (page.span.end - page.start) / page.reserved && is_head(page.free) &&
         is_head(page.local_free) && is_head(page.thread_free) && page.heap.value() % kWord == 0;
}

PageTable::PageTable(const Memory& memory, const Format& format, const SegmentHead& segment)
    : format_(format), segment_(segment), bytes_(segment.entries * format.page_bytes()) {
  // mimalloc does not touch the middle of the table before it needs it.
  AddressRange table{segment.begin + format.slices_at(), {}};
  table.end = table.begin + bytes_.size();
  VisitTable(memory, table, [&](Address at, std::span<const uint64_t> words) {
    std::memcpy(bytes_.data() + (at - table.begin), words.data(), words.size_bytes());
    return true;
  });
}

Page PageTable::Decode(uint64_t slice, std::span<const uint8_t> bytes) const {
  Page page;
  page.at = segment_.begin + format_.slices_at() + slice * format_.page_bytes();
  page.span.begin = segment_.begin + slice * kSlice;
  page.span.end = page.span.begin + uint64_t{FieldAt<uint32_t>(bytes, 0)} * kSlice;
  page.capacity = FieldAt<uint16_t>(bytes, 10);
  page.reserved = FieldAt<uint16_t>(bytes, 12);
  page.free = Address(WordAt(bytes, 16));
  uint64_t start = 0;
  if (format_.stored()) {
    page.local_free = Address(WordAt(bytes, 24));
    page.used = FieldAt<uint16_t>(bytes, 32);
    page.block_size = WordAt(bytes, 40);
    start = WordAt(bytes, 48);
  } else {
    page.used = FieldAt<uint32_t>(bytes, 24);
    page.block_size = FieldAt<uint32_t>(bytes, 28);
    if (page.block_size >= kHugeBlock) page.block_size = page.span.size();
    page.local_free = Address(WordAt(bytes, 32));
  }
  page.start = FirstBlock(format_.start, page, start);
  page.keys.encoded = format_.encoded;
  page.keys.null = page.at.value();
  if (format_.encoded) {
    page.keys.first = WordAt(bytes, format_.keys_at());
    page.keys.second = WordAt(bytes, format_.keys_at() + kWord);
  }
  page.thread_free = Address(WordAt(bytes, format_.thread_free_at()) & ~kThreadFreeFlags);
  page.heap = Address(WordAt(bytes, format_.thread_free_at() + kWord));
  return page;
}

bool PageTable::ForEach(absl::FunctionRef<void(const Page&)> visit) const {
  const uint64_t entry = format_.page_bytes();
  for (uint64_t slice = segment_.header_slices; slice < segment_.entries;) {
    Page page = Decode(slice, std::span(bytes_).subspan(slice * entry, entry));
    if (page.span.size() == 0 || page.span.end > segment_.end()) return false;
    visit(page);
    slice += page.span.size() / kSlice;
  }
  return true;
}

Page PageTable::ReadAgain(const Memory& memory, const Page& page) const {
  std::vector<uint8_t> bytes(format_.page_bytes());
  memory.Read(page.at, bytes);
  return Decode((page.span.begin - segment_.begin) / kSlice, bytes);
}

}  // namespace seep::mimalloc
