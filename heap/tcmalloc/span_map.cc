#include "heap/tcmalloc/span_map.h"

#include <algorithm>
#include <array>

#include "heap/tcmalloc/data_scan.h"

namespace seep::tcmalloc {
namespace {

// A page map of three levels has 2^24 leaves at most, one for 16 MiB.
constexpr size_t kMaxLeaves = 1 << 20;
constexpr size_t kPieceEntries = 16384;
// Spans lie in the order of their making, mostly that of addresses: those close together are read
// together.
constexpr uint64_t kMaxGap = 128;
constexpr uint64_t kMaxRead = 64 << 10;

std::optional<Span> ReadSpan(const Memory& memory, Address address) {
  std::array<uint8_t, Span::kBytes> bytes;
  if (memory.Read(address, bytes) != bytes.size()) return std::nullopt;
  return Span::Parse(address, bytes.data());
}

}  // namespace

SpanMap::SpanMap(const Memory& memory, const PageMapShape& shape, Address root)
    : memory_(memory), shape_(shape) {
  AddLeaves(root, 0, 0);
  DropBadLeaves();
}

void SpanMap::AddLeaves(Address node, size_t level, uint64_t number) {
  std::vector<uint8_t> words(8 << shape_.bits[level]);
  unreadable_ += ReadOrZero(memory_, node, words);
  for (size_t i = 0; i < words.size() / 8; ++i) {
    auto child = Load<uint64_t>(&words[8 * i]);
    bool fits = IsPlausible(child) && leaves_.size() < kMaxLeaves;
    bad_pointers_ += child != 0 && !fits;
    if (!fits) continue;
    uint64_t below = number << shape_.bits[level] | i;
    if (level + 2 < shape_.bits.size()) {
      AddLeaves(Address(child), level + 1, below);
    } else {
      leaves_.push_back({below, Address(child)});
    }
  }
}

// A damaged map must not cost more to read than the target has memory: leaves overlap no other, and
// lie in memory.
void SpanMap::DropBadLeaves() {
  uint64_t bytes = 8 * shape_.leaf_length();
  std::erase_if(leaves_, [&](const Leaf& leaf) {
    bool absent = !ReadWord(memory_, leaf.address) && !ReadWord(memory_, leaf.address + bytes - 8);
    bad_pointers_ += absent;
    return absent;
  });
  std::sort(leaves_.begin(), leaves_.end(),
            [](const Leaf& a, const Leaf& b) { return a.address < b.address; });
  Address end;
  std::erase_if(leaves_, [&](const Leaf& leaf) {
    if (leaf.address < end) {
      ++bad_pointers_;
      return true;
    }
    end = leaf.address + bytes;
    return false;
  });
  std::sort(leaves_.begin(), leaves_.end(),
            [](const Leaf& a, const Leaf& b) { return a.number < b.number; });
}

std::vector<AddressRange> SpanMap::LeafRanges() const {
  std::vector<AddressRange> ranges;
  for (const Leaf& leaf : leaves_) {
    ranges.push_back({leaf.address, leaf.address + 8 * shape_.leaf_length()});
  }
  return ranges;
}

std::optional<size_t> SpanMap::IndexOf(uint64_t leaf_number) const {
  auto it = std::lower_bound(leaves_.begin(), leaves_.end(), leaf_number,
                             [](const Leaf& leaf, uint64_t n) { return leaf.number < n; });
  if (it == leaves_.end() || it->number != leaf_number) return std::nullopt;
  return static_cast<size_t>(it - leaves_.begin());
}

uint64_t SpanMap::Entry(uint64_t page) const {
  std::optional<size_t> leaf = IndexOf(page >> shape_.bits.back());
  if (!leaf.has_value()) return 0;
  uint64_t at = page & (shape_.leaf_length() - 1);
  return ReadWord(memory_, leaves_[*leaf].address + 8 * at).value_or(0);
}

uint64_t SpanMap::EntryInPiece(uint64_t page) const {
  uint64_t at = page - piece_page_;
  bool inside = page >= piece_page_ && at < entries_.size() / 8;
  return inside ? Load<uint64_t>(&entries_[8 * at]) : Entry(page);
}

void SpanMap::ForEach(absl::FunctionRef<void(const Span&)> visit, std::vector<Dropped>* dropped) {
  for (const Leaf& leaf : leaves_) {
    uint64_t first_page = leaf.number * shape_.leaf_length();
    for (uint64_t at = 0; at < shape_.leaf_length(); at += kPieceEntries) {
      uint64_t count = std::min<uint64_t>(kPieceEntries, shape_.leaf_length() - at);
      if (first_page + at + count <= next_page_) continue;  // all of it is one span's
      ReadPiece(first_page + at, leaf.address + 8 * at, count);
      ReadSpans();
      TakeSpans(visit);
    }
  }
  if (bad_pointers_ > 0) {
    dropped->push_back({"leaves of the page map", bad_pointers_, "they are no memory, or overlap"});
  }
  if (unexplained_ > 0) {
    dropped->push_back({"page map entries", unexplained_, "they lead to no span of their page"});
  }
  if (unreadable_ > 0) {
    dropped->push_back({"page map entries", unreadable_ / 8, "their memory could not be read"});
  }
}

// Finds the candidates in a piece of a leaf. A row of equal entries is one span's.
void SpanMap::ReadPiece(uint64_t first_page, Address from, uint64_t count) {
  piece_page_ = first_page;
  entries_.resize(8 * count);
  unreadable_ += ReadOrZero(memory_, from, entries_);
  candidates_.clear();
  uint64_t last = 0;
  for (uint64_t i = 0; i < count; ++i) {
    auto entry = Load<uint64_t>(&entries_[8 * i]);
    bool seen = entry == last;
    last = entry;
    if (seen || entry == 0 || first_page + i < next_page_) continue;
    candidates_.push_back({first_page + i, Address(entry)});
  }
}

void SpanMap::ReadSpans() {
  std::vector<MemoryPiece> reads;
  std::vector<size_t> sizes;
  size_t total = 0;
  for (Candidate& candidate : candidates_) {
    Address begin = candidate.entry;
    bool joins = !reads.empty() && begin >= reads.back().from + sizes.back() &&
                 begin - (reads.back().from + sizes.back()) <= kMaxGap &&
                 begin + Span::kBytes - reads.back().from <= kMaxRead;
    if (!joins) {
      reads.push_back({begin, {}});
      sizes.push_back(0);
    }
    size_t grown = begin + Span::kBytes - reads.back().from;
    candidate.at = total + (begin - reads.back().from) - sizes.back();
    total += grown - sizes.back();
    sizes.back() = grown;
  }
  spans_.assign(total, 0);
  size_t at = 0;
  for (size_t i = 0; i < reads.size(); ++i) {
    reads[i].out = std::span(spans_).subspan(at, sizes[i]);
    at += sizes[i];
  }
  memory_.ReadMany(reads);
}

void SpanMap::TakeSpans(absl::FunctionRef<void(const Span&)> visit) {
  for (const Candidate& candidate : candidates_) {
    if (candidate.page < next_page_) continue;  // inside the span before
    std::optional<Span> span = Span::Parse(candidate.entry, &spans_[candidate.at]);
    bool sound =
        IsSound(*span, candidate.page) && EntryInPiece(span->end() - 1) == candidate.entry.value();
    if (!sound) span = LookAgain(candidate.page);
    if (!span.has_value()) {
      ++unexplained_;
      continue;
    }
    next_page_ = span->end();
    visit(*span);
  }
}

// Does it begin at that page, and is there a leaf for each of its pages?
bool SpanMap::IsSound(const Span& span, uint64_t page) const {
  bool sound = span.start == page && span.length > 0 && span.length < uint64_t{1} << kAddressBits &&
               span.location <= Span::kReturned;
  if (!sound) return false;
  uint64_t first_leaf = page >> shape_.bits.back();
  uint64_t last_leaf = (span.end() - 1) >> shape_.bits.back();
  if (first_leaf == last_leaf) return true;
  std::optional<size_t> first = IndexOf(first_leaf);
  std::optional<size_t> last = IndexOf(last_leaf);
  return first.has_value() && last.has_value() && *last - *first == last_leaf - first_leaf;
}

// The target may have split or merged the span since its entry was read.
std::optional<Span> SpanMap::LookAgain(uint64_t page) const {
  uint64_t entry = Entry(page);
  std::optional<Span> span = ReadSpan(memory_, Address(entry));
  if (!span.has_value() || !IsSound(*span, page) || Entry(span->end() - 1) != entry) {
    return std::nullopt;
  }
  return span;
}

}  // namespace seep::tcmalloc
