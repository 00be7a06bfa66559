#include "heap/tcmalloc/central_lists.h"

#include <algorithm>
#include <array>
#include <utility>

#include "heap/tcmalloc/data_scan.h"
#include "heap/tcmalloc/span_map.h"

namespace seep::tcmalloc {
namespace {

constexpr size_t kBatch = 1024;
constexpr size_t kMaxRoots = 16;  // one, but for damage

// Do `count` elements from class 0 on say their class?
bool SayTheirClass(std::span<const uint8_t> at, uint32_t count, uint64_t stride) {
  for (uint32_t i = 0; i < count; ++i) {
    if (Load<uint64_t>(&at[i * stride + CentralLists::kSizeClass]) != i) return false;
  }
  return true;
}

// Walks each root candidate down to the entry of one span's page, all of them abreast.
class Descent {
 public:
  Descent(const Memory& memory, const PageMapShape& shape, const Span& span)
      : memory_(memory), span_(span) {
    uint32_t shift = 0;
    for (size_t level = shape.bits.size(); level-- > 0;) {
      steps_.insert(steps_.begin(), span.start >> shift & ((uint64_t{1} << shape.bits[level]) - 1));
      shift += shape.bits[level];
    }
  }

  // In bytes, from the root.
  uint64_t first_step() const { return 8 * steps_.front(); }

  // Of `words`, the contents of root entries: which lead to the span?
  std::vector<bool> LeadThere(std::vector<uint64_t> words) const {
    for (size_t level = 1; level < steps_.size(); ++level) {
      std::vector<uint64_t> next(words.size(), 0);
      std::vector<MemoryPiece> pieces;
      for (size_t i = 0; i < words.size(); ++i) {
        pieces.push_back({Address(IsPlausible(words[i]) ? words[i] + 8 * steps_[level] : 0),
                          {reinterpret_cast<uint8_t*>(&next[i]), 8}});
      }
      memory_.ReadMany(pieces);
      words = std::move(next);
    }
    std::vector<bool> there(words.size());
    for (size_t i = 0; i < words.size(); ++i) there[i] = words[i] == span_.address.value();
    return there;
  }

 private:
  const Memory& memory_;
  const Span& span_;
  std::vector<uint64_t> steps_;  // index at each level
};

// Where in `data` a root can be that leads to `span`.
std::vector<Address> RootsThatLeadTo(const Memory& memory, const PageMapShape& shape,
                                     const Span& span, AddressRange data) {
  uint64_t root_bytes = 8 * shape.root_length();
  if (data.size() < root_bytes) return {};
  Descent descent(memory, shape, span);
  AddressRange entries{data.begin + descent.first_step(),
                       data.end - root_bytes + descent.first_step() + 8};
  std::vector<Address> roots, places;
  std::vector<uint64_t> words;
  auto flush = [&] {
    std::vector<bool> there = descent.LeadThere(std::exchange(words, {}));
    for (size_t i = 0; i < places.size(); ++i) {
      if (there[i]) roots.push_back(places[i] - descent.first_step());
    }
    places.clear();
  };
  ScanData(memory, entries, 8, 8, [&](Address place, std::span<const uint8_t> bytes) {
    auto word = Load<uint64_t>(bytes.data());
    if (!IsPlausible(word)) return true;
    words.push_back(word);
    places.push_back(place);
    if (words.size() == kBatch) flush();
    return roots.size() < kMaxRoots;
  });
  flush();
  return roots;
}

bool LeadsToMost(const Memory& memory, const PageMapShape& shape, Address root,
                 const std::vector<Span>& spans) {
  size_t found = 0;
  for (const Span& span : spans) {
    Descent descent(memory, shape, span);
    uint64_t word = ReadWord(memory, root + descent.first_step()).value_or(0);
    found += descent.LeadThere({word})[0];
  }
  return 2 * found > spans.size();
}

}  // namespace

std::optional<CentralLists> FindCentralLists(const Memory& memory, const SizeClasses& classes,
                                             AddressRange data) {
  std::optional<CentralLists> found;
  constexpr uint32_t kSlots = 64;  // kMaxNumTransferEntries
  size_t record = CentralLists::Stride(kSlots) * classes.count();
  ScanData(memory, data, 8, record, [&](Address from, std::span<const uint8_t> at) {
    for (uint32_t slots : {kSlots, uint32_t{0}}) {
      if (!SayTheirClass(at, classes.count(), CentralLists::Stride(slots))) continue;
      auto head = Load<uint64_t>(&at[CentralLists::kEmpty + CentralLists::kNextInSpan]);
      // The list of class 0 is always empty: its head leads to itself.
      if (head == (from + CentralLists::kEmpty).value()) found = {from, slots};
    }
    return !found.has_value();
  });
  return found;
}

std::vector<Span> SpansOnLists(const Memory& memory, const SizeClasses& classes,
                               const CentralLists& central) {
  std::vector<Span> spans;
  for (uint32_t i = 1; i < classes.count(); ++i) {
    for (uint64_t list : {CentralLists::kEmpty, CentralLists::kNonEmpty}) {
      Address head = central.of(i) + list;
      Address first(ReadWord(memory, head + CentralLists::kNextInSpan).value_or(0));
      std::array<uint8_t, Span::kBytes> bytes;
      if (first == head || memory.Read(first, bytes) != bytes.size()) continue;
      Span span = Span::Parse(first, bytes.data());
      bool sound = span.size_class == i && span.location == Span::kInUse &&
                   span.length == classes.pages[i] &&
                   span.start >> (kAddressBits - classes.page_shift) == 0;
      if (sound) spans.push_back(span);
    }
  }
  return spans;
}

std::vector<uint64_t> CountSpans(const Memory& memory, const SizeClasses& classes,
                                 const CentralLists& central) {
  std::vector<uint64_t> counts(classes.count());
  for (uint32_t i = 1; i < classes.count(); ++i) {
    counts[i] = ReadWord(memory, central.of(i) + CentralLists::kSpans).value_or(0);
  }
  return counts;
}

bool FindPageMap(const Memory& memory, const std::vector<Span>& known, AddressRange data,
                 Heap* heap) {
  constexpr size_t kTries = 4;  // a span may go while we look
  uint64_t fewest = ~uint64_t{0};
  for (uint32_t levels : {2, 3}) {
    PageMapShape shape = PageMapShape::Levels(levels, heap->classes.page_shift);
    for (size_t i = 0; i < std::min(kTries, known.size()) && fewest > 0; ++i) {
      for (Address root : RootsThatLeadTo(memory, shape, known[i], data)) {
        if (!LeadsToMost(memory, shape, root, known)) continue;
        uint64_t bad = SpanMap(memory, shape, root).bad_pointers();
        if (bad >= fewest) continue;
        fewest = bad;
        heap->shape = shape;
        heap->root = root;
      }
    }
  }
  return !heap->root.is_null();
}

}  // namespace seep::tcmalloc
