#include "heap/census/embedded_objects.h"

#include <algorithm>
#include <cstring>

namespace seep {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPiece = MemoryWindow::kDefaultBytes / 2;
static_assert(kPiece % sizeof(uint64_t) == 0);

}  // namespace

void EmbeddedCounter::Count(Address block, uint64_t usable, const BlockHead& head) {
  uint64_t in_head = head.klass ? head.objects : 0;  // to be met, and counted there already
  for (uint64_t at = 0; at + sizeof(uint64_t) <= usable;) {
    uint64_t wanted = std::min(usable - at, kPiece);
    std::span<const uint8_t> bytes = window_.View(block + at, wanted);
    CountIn(bytes, &in_head, head);
    if (bytes.size() == wanted) {
      at += wanted;
      continue;
    }
    uint64_t gap = at + bytes.size();
    uint64_t behind = ((block + gap).value() / kPage + 1) * kPage - block.value();
    absent_bytes_ += std::min(behind, usable) - gap;
    at = (behind + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
  }
}

void EmbeddedCounter::CountIn(std::span<const uint8_t> bytes, uint64_t* in_head,
                              const BlockHead& head) {
  for (size_t at = 0; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    std::optional<size_t> klass = examiner_.ClassOfObjectWith(word);
    if (!klass) continue;
    if (*in_head > 0 && klass == head.klass) {
      --*in_head;
      continue;
    }
    if (*klass >= by_class_.size()) by_class_.resize(*klass + 1);
    ++by_class_[*klass];
  }
}

}  // namespace seep
