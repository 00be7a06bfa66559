#include "heap/census/block_head.h"

#include <algorithm>
#include <cstring>

namespace seep {
namespace {

constexpr size_t kWord = sizeof(uint64_t);
constexpr size_t kKnown = 1 << 13;
// Of neighbours this near, one range: a program has two or three clusters of mappings, and most
// words of a heap lie in none.
constexpr uint64_t kNear = 1 << 20;

void AddRange(AddressRange range, std::vector<AddressRange>& ranges) {
  if (!ranges.empty() && range.begin - ranges.back().end < kNear) {
    ranges.back().end = std::max(ranges.back().end, range.end);
  } else {
    ranges.push_back(range);
  }
}

bool Contains(const std::vector<AddressRange>& ranges, uint64_t word) {
  auto after = std::upper_bound(
      ranges.begin(), ranges.end(), word,
      [](uint64_t w, const AddressRange& range) { return w < range.begin.value(); });
  return after != ranges.begin() && word < std::prev(after)->end.value();
}

uint64_t WordAt(std::span<const uint8_t> bytes, size_t at) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + at, kWord);
  return word;
}

bool IsPrintable(uint8_t c) {
  return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

// At least four characters of text from the start, and then nothing but the end of a string.
bool IsText(std::span<const uint8_t> head) {
  constexpr size_t kLeast = 4;
  auto end = std::find_if_not(head.begin(), head.end(), IsPrintable);
  return static_cast<size_t>(end - head.begin()) >= kLeast && (end == head.end() || *end == 0);
}

}  // namespace

HeadExaminer::HeadExaminer(const Target& target, VtableOracle& oracle, MemoryWindow& window)
    : oracle_(oracle), window_(window), known_(kKnown) {
  for (const LoadedModule& module : target.modules) AddRange(module.module.range, modules_);
  for (const Mapping& mapping : target.maps) {
    if (mapping.readable) AddRange(mapping.range, mapped_);
  }
}

const HeadExaminer::Known* HeadExaminer::Classify(uint64_t word) {
  if (word % kWord != 0 || !Contains(modules_, word)) return nullptr;
  Known& known = known_[(word / kWord) % kKnown];
  if (known.word != word) {
    std::optional<VtableOracle::Answer> answer = oracle_.Classify(word);
    known = {word, answer.has_value(), answer.value_or(VtableOracle::Answer{})};
  }
  return known.is_vtable ? &known : nullptr;
}

BlockHead HeadExaminer::Examine(Address block, uint64_t usable) {
  std::span<const uint8_t> head = window_.View(block, std::min<uint64_t>(usable, kBytes));
  if (head.empty()) return {.content = Content::kAbsent};
  for (size_t at = 0; at + kWord <= head.size(); at += kWord) {
    const Known* known = Classify(WordAt(head, at));
    if (known == nullptr) continue;
    // An object begins with the vtable of the whole. That of an inner base, without it before, is
    // left over: free lists overwrite the first words of a block only.
    if (known->answer.offset_to_top != 0) continue;
    BlockHead found{.klass = known->answer.klass, .class_offset = static_cast<uint32_t>(at)};
    if (at == kWord) {
      found.objects = ElementsAt(block, usable, WordAt(head, 0), WordAt(head, kWord));
    }
    return found;
  }
  return {.content = ContentOf(head)};
}

std::optional<size_t> HeadExaminer::ClassOfObjectWith(uint64_t word) {
  const Known* known = Classify(word);
  if (known == nullptr || known->answer.offset_to_top != 0 || known->answer.is_guess) {
    return std::nullopt;
  }
  return known->answer.klass;
}

// new T[count] with a destructor to run keeps the count before the elements (Itanium C++ ABI, 2.7,
// "array cookies"). Elements are evenly spaced, and each begins with the same vtable pointer.
uint64_t HeadExaminer::ElementsAt(Address block, uint64_t usable, uint64_t count, uint64_t vptr) {
  uint64_t room = usable - kWord;
  if (count < 2 || count > room / kWord) return 1;
  for (uint64_t size = room / count / kWord * kWord; size >= kWord; size -= kWord) {
    auto starts_element = [&](uint64_t i) {
      return window_.Get<uint64_t>(block + kWord + i * size) == vptr;
    };
    if (starts_element(1) && starts_element(count - 1)) return count;
    if ((room - size * count) > room / 4) break;  // no allocator wastes more
  }
  return 1;
}

bool HeadExaminer::PointsIntoTarget(uint64_t word) const { return Contains(mapped_, word); }

Content HeadExaminer::ContentOf(std::span<const uint8_t> head) const {
  if (std::all_of(head.begin(), head.end(), [](uint8_t byte) { return byte == 0; })) {
    return Content::kZeros;
  }
  if (IsText(head)) return Content::kText;
  size_t pointers = 0, others = 0;
  for (size_t at = 0; at + kWord <= head.size(); at += kWord) {
    uint64_t word = WordAt(head, at);
    if (word == 0) continue;
    ++(PointsIntoTarget(word) ? pointers : others);
  }
  return pointers > 0 && pointers >= others ? Content::kPointers : Content::kOther;
}

}  // namespace seep
