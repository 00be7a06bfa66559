#include "heap/mimalloc/delayed_frees.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "heap/mimalloc/segments.h"
#include "heap/writable_memory.h"

namespace seep::mimalloc {
namespace {

constexpr size_t kMaxHeaps = 1 << 20;
constexpr size_t kMaxBlocks = 2 << 20;  // some 32 MiB of our memory

// Heap → the thread of a segment that it has a page in.
std::map<Address, uint64_t> FindHeaps(const Memory& memory, const std::vector<Mapping>& maps,
                                      const Format& format, uint64_t cookie) {
  std::map<Address, uint64_t> heaps;
  ForEachSegment(memory, maps, format, [&](const SegmentHead& segment) {
    if (segment.cookie != cookie) return;
    PageTable(memory, format, segment).ForEach([&](const Page& page) {
      if (!page.in_use() || page.heap.is_null() || heaps.size() >= kMaxHeaps) return;
      if (page.heap.value() % kWord == 0) heaps.emplace(page.heap, segment.thread);
    });
  });
  return heaps;
}

// Where in a heap its cookie is: the thread's number, two words before it, says so.
std::optional<uint64_t> FindCookie(const Memory& memory, const std::map<Address, uint64_t>& heaps) {
  std::optional<uint64_t> best;
  uint64_t most = 0;
  for (uint64_t place : kCookiePlaces) {
    uint64_t right = 0;
    for (const auto& [heap, thread] : heaps) {
      right += thread != 0 && ReadWord(memory, heap + place - kThreadBeforeCookie) == thread;
    }
    if (right > most) {
      most = right;
      best = place;
    }
  }
  return best;
}

class Lists {
 public:
  Lists(const Memory& memory, const std::vector<Mapping>& maps, const Format& format)
      : memory_(memory), maps_(maps), format_(format) {}

  void Follow(Address heap, uint64_t cookie_place) {
    ++result_.heaps;
    Address cookie = heap + cookie_place;
    LinkKeys keys{.encoded = format_.encoded,
                  .null = heap.value(),
                  .first = ReadWord(memory_, cookie + kKeysAfterCookie).value_or(0),
                  .second = ReadWord(memory_, cookie + kKeysAfterCookie + kWord).value_or(0)};
    Address block(ReadWord(memory_, cookie - kDelayedBeforeCookie).value_or(0));
    while (!block.is_null()) {
      if (seen_.size() >= kMaxBlocks) {
        ++result_.left_out;
        return;
      }
      std::optional<uint64_t> link = ReadWord(memory_, block);
      if (block.value() % kWord != 0 || !link.has_value() ||
          !IsWritable(maps_, {block, block + kWord}) || !seen_.insert(block.value()).second) {
        ++result_.torn;
        return;
      }
      block = keys.Decode(*link);
    }
  }

  DelayedFrees Take() && {
    for (uint64_t block : seen_) result_.blocks.push_back(Address(block));
    std::sort(result_.blocks.begin(), result_.blocks.end());
    return std::move(result_);
  }

 private:
  const Memory& memory_;
  const std::vector<Mapping>& maps_;
  const Format& format_;
  absl::flat_hash_set<uint64_t> seen_;
  DelayedFrees result_;
};

}  // namespace

DelayedFrees ReadDelayedFrees(const Memory& memory, const std::vector<Mapping>& maps,
                              const Format& format, uint64_t cookie) {
  std::map<Address, uint64_t> heaps = FindHeaps(memory, maps, format, cookie);
  std::optional<uint64_t> place = FindCookie(memory, heaps);
  Lists lists(memory, maps, format);
  if (place.has_value()) {
    for (const auto& [heap, thread] : heaps) lists.Follow(heap, *place);
  }
  return std::move(lists).Take();
}

}  // namespace seep::mimalloc
