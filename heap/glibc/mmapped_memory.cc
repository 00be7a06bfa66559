#include "heap/glibc/mmapped_memory.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "heap/glibc/ranges.h"

namespace seep::glibc {
namespace {

// Where in its first page a chunk starts whose user's bytes are aligned to 4096, …, 64. With larger
// alignments it starts at the end of a later page.
constexpr uint64_t kAlignedStarts[] = {4080, 2032, 1008, 496, 240, 112, 48};
constexpr uint64_t kMinFarAlignment = 2 * kPage;
constexpr uint64_t kMaxFarAlignment = uint64_t{1} << 30;

bool IsAnonymous(const Mapping& mapping) {
  return mapping.readable && mapping.writable && !mapping.shared &&
         (mapping.path.empty() || mapping.path == "[heap]" || mapping.path.starts_with("[anon") ||
          mapping.path.starts_with("/anon_hugepage"));
}

class Search {
 public:
  Search(const Target& target, MemoryWindow& window, const Arena& main, const MmappedSums& sums)
      : target_(target), window_(window), main_(main), sums_(sums) {}

  void AtStarts(const std::vector<AddressRange>& ranges);
  void AtEveryPage(const std::vector<AddressRange>& ranges);
  bool IsDone() const {
    return found_.chunks.size() >= sums_.chunks.value_or(found_.chunks.size()) &&
           found_.chunk_bytes >= sums_.chunk_bytes.value_or(0) && piece_bytes_ >= sums_.piece_bytes;
  }
  std::vector<AddressRange> taken() const { return Union(taken_); }
  MmappedMemory TakeFound() { return std::move(found_); }

 private:
  std::optional<Address> Find(const AddressRange& range, std::span<const uint8_t> page);
  std::optional<Address> FindFar(const AddressRange& range);
  std::optional<Address> TakeChunk(const AddressRange& range, Address at, const ChunkHead& head);
  std::optional<Address> TakePiece(const AddressRange& range);
  Address MappedUntil(Address from) const;

  const Target& target_;
  MemoryWindow& window_;
  const Arena& main_;
  const MmappedSums& sums_;
  MmappedMemory found_;
  std::vector<AddressRange> taken_;
  uint64_t piece_bytes_ = 0;
};

// One behind the other, as malloc maps them.
void Search::AtStarts(const std::vector<AddressRange>& ranges) {
  std::array<uint8_t, kPage> page;
  Address after;  // what was found may reach over several mappings
  for (AddressRange range : ranges) {
    std::optional<Address> end = std::max(range.begin, after);
    while (end.has_value() && *end < range.end) {
      range.begin = *end;
      size_t read = target_.memory->Read(range.begin, page);
      end = Find(range, std::span(page).first(read));
      if (!end.has_value()) end = FindFar(range);
      after = end.value_or(after);
    }
  }
}

void Search::AtEveryPage(const std::vector<AddressRange>& ranges) {
  for (AddressRange range : ranges) {
    Address begin = range.begin;
    for (Address at = begin; at < range.end && !IsDone();) {
      std::span<const uint8_t> page = window_.View(at, kPage);
      std::optional<Address> end = Find({at, range.end}, page);
      ChunkHead last;
      if (!end.has_value() && page.size() == kPage) {
        std::memcpy(&last, page.data() + kPage - kHeader, sizeof(last));
        Address chunk = at + (kPage - kHeader);
        uint64_t before = last.prev_size & ~uint64_t{1};
        if (before > kPage && before <= chunk - begin) {
          end = TakeChunk({chunk - before, range.end}, chunk, last);
        }
      }
      at = end.value_or(at + kPage);
      if (end.has_value()) begin = at;
    }
  }
}

// At the start of `range`, of which `page` is the first page: where what was found ends. memalign
// moves a chunk's header and leaves the old one at the start: that one is asked last.
std::optional<Address> Search::Find(const AddressRange& range, std::span<const uint8_t> page) {
  ChunkHead head;
  for (uint64_t start : kAlignedStarts) {
    if (start + sizeof(head) > page.size()) continue;
    std::memcpy(&head, page.data() + start, sizeof(head));
    std::optional<Address> end = TakeChunk(range, range.begin + start, head);
    if (end.has_value()) return end;
  }
  if (page.size() < sizeof(head)) return std::nullopt;
  std::memcpy(&head, page.data(), sizeof(head));
  if (head.mmapped() && head.size() < range.size()) {
    std::optional<Address> end = FindFar({range.begin, range.begin + head.size()});
    if (end.has_value()) return end;
  }
  std::optional<Address> end = TakeChunk(range, range.begin, head);
  if (end.has_value()) return end;
  return piece_bytes_ < sums_.piece_bytes ? TakePiece(range) : std::nullopt;
}

std::optional<Address> Search::FindFar(const AddressRange& range) {
  for (uint64_t to = kMinFarAlignment; to <= kMaxFarAlignment; to *= 2) {
    Address at(RoundUp(range.begin.value() + kHeader, to) - kHeader);
    if (at + kHeader >= range.end) break;
    ChunkHead head;
    std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(&head), sizeof(head));
    if (target_.memory->Read(at, bytes) != bytes.size()) continue;
    std::optional<Address> end = TakeChunk(range, at, head);
    if (end.has_value()) return end;
  }
  return std::nullopt;
}

std::optional<Address> Search::TakeChunk(const AddressRange& range, Address at,
                                         const ChunkHead& head) {
  uint64_t before = head.prev_size & ~uint64_t{1};
  bool is_mmapped = (head.head & 7) == 2 && head.size() >= kMinChunk;
  if (!is_mmapped || before != at - range.begin) return std::nullopt;
  Address mapped_until = MappedUntil(range.begin);
  uint64_t tail = main_.layout->mmapped_tail;
  uint64_t room = mapped_until - at;
  if (head.size() > room || tail > room - head.size()) return std::nullopt;
  AddressRange mapping{range.begin, at + head.size() + tail};
  if (mapping.size() % kPage != 0) return std::nullopt;
  found_.chunks.push_back({at, head.size(), mapping});
  found_.chunk_bytes += mapping.size();
  taken_.push_back(mapping);
  return mapping.end;
}

// A piece of the main arena runs from a page's start to its fenceposts or top.
std::optional<Address> Search::TakePiece(const AddressRange& range) {
  Piece piece{.range = {range.begin, MappedUntil(range.begin)},
              .is_main = true,
              .top_field = main_.state + main_.layout->top(),
              .may_have_gaps = false};
  ChunkReader reader(window_, *target_.memory, piece);
  if (!reader.Begins()) return std::nullopt;
  while (!reader.Next().empty()) {
  }
  if (reader.notes().torn > 0 || reader.stretches().size() != 1) return std::nullopt;
  piece.range = reader.stretches().front();
  // Words that look like a chain by chance soon end.
  Address end(RoundUp(piece.range.end.value(), kPage));
  if (piece.range.size() < kPage) return std::nullopt;
  found_.pieces.push_back(piece);
  piece_bytes_ += end - range.begin;
  taken_.push_back({range.begin, end});
  return end;
}

Address Search::MappedUntil(Address from) const {
  const Mapping* mapping = FindMapping(target_.maps, from);
  Address end = from;
  const Mapping* last = target_.maps.data() + target_.maps.size();
  for (; mapping != nullptr && mapping != last; ++mapping) {
    if (end != from && mapping->range.begin != end) break;
    end = mapping->range.end;
  }
  return end;
}

}  // namespace

MmappedMemory FindMmappedMemory(const Target& target, MemoryWindow& window, const Arena& main,
                                const std::vector<AddressRange>& claimed, const MmappedSums& sums) {
  std::vector<AddressRange> anonymous;
  for (const Mapping& mapping : target.maps) {
    if (IsAnonymous(mapping)) anonymous.push_back(mapping.range);
  }
  Search search(target, window, main, sums);
  search.AtStarts(Difference(anonymous, claimed));
  bool sums_are_known = sums.chunks.has_value();
  if (sums_are_known && !search.IsDone()) {
    std::vector<AddressRange> taken = claimed;
    for (const AddressRange& range : search.taken()) taken.push_back(range);
    search.AtEveryPage(Difference(Union(anonymous), Union(taken)));
  }
  MmappedMemory found = search.TakeFound();
  std::ranges::sort(found.chunks, {}, &MmappedChunk::at);
  std::ranges::sort(found.pieces, {}, [](const Piece& piece) { return piece.range.begin; });
  return found;
}

}  // namespace seep::glibc
