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
  Search(const Target& target, MemoryWindow& window, const Arena& main, const MmappedSums& sums,
         WalkBudget& budget)
      : target_(target), window_(window), main_(main), sums_(sums), budget_(budget) {}

  // Where what is found may reach: mapped, and not known to be anything else. Rising, disjoint.
  void SetOpen(std::vector<AddressRange> open) { open_ = std::move(open); }

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
  Address OpenUntil(Address from) const;

  const Target& target_;
  MemoryWindow& window_;
  const Arena& main_;
  const MmappedSums& sums_;
  WalkBudget& budget_;
  std::vector<AddressRange> open_;
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
      bool whole = page.size() == kPage;
      ChunkHead last;
      if (whole) std::memcpy(&last, page.data() + kPage - kHeader, sizeof(last));
      std::optional<Address> end = Find({at, range.end}, page);  // moves the window
      if (!end.has_value() && whole) {
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
  Address open_until = OpenUntil(range.begin);
  uint64_t tail = main_.layout->mmapped_tail;
  uint64_t room = open_until - at;
  if (open_until < at || head.size() > room || tail > room - head.size()) return std::nullopt;
  AddressRange mapping{range.begin, at + head.size() + tail};
  if (mapping.size() % kPage != 0) return std::nullopt;
  found_.chunks.push_back({at, head.size(), mapping});
  found_.chunk_bytes += mapping.size();
  taken_.push_back(mapping);
  return mapping.end;
}

// A piece of the main arena runs from a page's start to the end of one, with its fenceposts or top.
// In between, all headers must agree; words that look like a chain by chance soon end.
std::optional<Address> Search::TakePiece(const AddressRange& range) {
  Piece piece{.range = {range.begin, OpenUntil(range.begin)},
              .is_main = true,
              .top_field = main_.state + main_.layout->top(),
              .may_have_gaps = false,
              .ends_at_damage = true};
  ChunkReader reader(window_, *target_.memory, piece, budget_);
  if (budget_.trials.exhausted() || !reader.Begins()) return std::nullopt;
  uint64_t chunks = 1;
  for (auto batch = reader.Next(); !batch.empty(); batch = reader.Next()) chunks += batch.size();
  bool whole = reader.notes().torn == 0 && reader.stretches().size() == 1 &&
               reader.stretches().front().end.value() % kPage == 0;
  if (!whole) {
    budget_.trials.Spend(chunks);
    return std::nullopt;
  }
  piece.range = reader.stretches().front();
  piece.ends_at_damage = false;
  found_.pieces.push_back(piece);
  piece_bytes_ += piece.range.size();
  taken_.push_back(piece.range);
  return piece.range.end;
}

Address Search::OpenUntil(Address from) const {
  auto after = std::ranges::upper_bound(open_, from, {}, &AddressRange::begin);
  bool inside = after != open_.begin() && std::prev(after)->contains(from);
  return inside ? std::prev(after)->end : from;
}

}  // namespace

MmappedMemory FindMmappedMemory(const Target& target, MemoryWindow& window, const Arena& main,
                                const std::vector<AddressRange>& claimed, const MmappedSums& sums,
                                WalkBudget& budget) {
  std::vector<AddressRange> anonymous, mapped;
  for (const Mapping& mapping : target.maps) {
    mapped.push_back(mapping.range);
    if (IsAnonymous(mapping)) anonymous.push_back(mapping.range);
  }
  mapped = Union(std::move(mapped));
  Search search(target, window, main, sums, budget);
  search.SetOpen(Difference(mapped, claimed));
  search.AtStarts(Difference(anonymous, claimed));
  bool sums_are_known = sums.chunks.has_value();
  if (sums_are_known && !search.IsDone()) {
    std::vector<AddressRange> taken = claimed;
    for (const AddressRange& range : search.taken()) taken.push_back(range);
    taken = Union(std::move(taken));
    search.SetOpen(Difference(mapped, taken));
    search.AtEveryPage(Difference(Union(anonymous), taken));
  }
  MmappedMemory found = search.TakeFound();
  std::ranges::sort(found.chunks, {}, &MmappedChunk::at);
  std::ranges::sort(found.pieces, {}, [](const Piece& piece) { return piece.range.begin; });
  return found;
}

}  // namespace seep::glibc
