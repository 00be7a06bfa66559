#include "heap/glibc/thread_caches.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace seep::glibc {
namespace {

constexpr uint64_t kMaxFill = 65535;          // MAX_TCACHE_COUNT
constexpr uint64_t kDefaultFill[] = {7, 16};  // 2.42; 2.43
// Torn by their thread while we read them, of one cache.
constexpr uint64_t kMaxTornLists = 2;

FreeListKind KindOfBin(uint64_t bin) {
  uint64_t size = kMinChunk + bin * kAlignment;
  if (bin < kSmallCacheBins) return {size, size, true};
  // large_csize2tidx: 64 + clz(1040) − clz(size): bin 65 is for 2048 to 4095.
  uint64_t low = uint64_t{1024} << (bin - kSmallCacheBins);
  return {low, low * 2 - 1, true};
}

uint64_t NumberAt(const ThreadCacheLayout& layout, std::span<const uint8_t> user, uint64_t bin) {
  uint64_t number = 0;
  std::memcpy(&number, user.data() + bin * layout.count_bytes, layout.count_bytes);
  return number;
}

uint64_t EntryAt(const ThreadCacheLayout& layout, std::span<const uint8_t> user, uint64_t bin) {
  uint64_t entry;
  std::memcpy(&entry, user.data() + layout.entries() + bin * 8, sizeof(entry));
  return entry;
}

}  // namespace

uint64_t ThreadCacheReader::CountOf(const ThreadCacheLayout& layout, std::span<const uint8_t> user,
                                    uint64_t bin) const {
  uint64_t number = NumberAt(layout, user, bin);
  if (!layout.counts_room) return number;
  uint64_t fill = fill_.value_or(0);
  for (uint64_t i = 0; !fill_.has_value() && i < layout.bins; ++i) {
    fill = std::max(fill, NumberAt(layout, user, i));
  }
  return fill - number;
}

bool ThreadCacheReader::IsPlausible(uint64_t size, std::span<const uint8_t> user) const {
  const ThreadCacheLayout* layout = CacheLayoutFor(size);
  if (layout == nullptr || user.size() < layout->size()) return false;
  bool any = false;
  uint64_t torn = 0;
  for (uint64_t bin = 0; bin < layout->bins; ++bin) {
    uint64_t count = CountOf(*layout, user, bin);
    uint64_t entry = EntryAt(*layout, user, bin);
    if (count > fill_.value_or(kMaxFill) || entry % kAlignment != 0) return false;
    if ((count == 0) != (entry == 0) && ++torn > kMaxTornLists) return false;
    any |= entry != 0;
  }
  if (any || !layout->counts_room) return any;
  uint64_t room = NumberAt(*layout, user, 0);  // all are equal, else there would be an entry
  return fill_.has_value() ? room > 0 : std::ranges::count(kDefaultFill, room) == 1;
}

bool ThreadCacheReader::IsEmpty(uint64_t size, std::span<const uint8_t> user) const {
  const ThreadCacheLayout* layout = CacheLayoutFor(size);
  return layout != nullptr && !layout->counts_room && user.size() >= layout->size() &&
         std::ranges::all_of(user.first(layout->size()), [](uint8_t byte) { return byte == 0; });
}

std::optional<ThreadCache> ThreadCacheReader::Read(const ChainedChunk& chunk) {
  const ThreadCacheLayout* layout = CacheLayoutFor(chunk.size);
  if (layout == nullptr) return std::nullopt;
  std::vector<uint8_t> user(layout->size());
  user.resize(memory_.Read(chunk.user(), user));
  if (!IsPlausible(chunk.size, user)) return std::nullopt;
  ThreadCache cache{chunk.at, chunk.size, {}};
  uint64_t whole = 0, torn = 0;
  for (uint64_t bin = 0; bin < layout->bins; ++bin) {
    uint64_t count = CountOf(*layout, user, bin);
    FreeList list = lists_.Read(EntryAt(*layout, user, bin), KindOfBin(bin), count);
    if (count == 0 && list.complete) continue;
    bool fits = list.complete && list.chunks.size() == count;
    ++(fits ? whole : torn);
    cache.cached.insert(cache.cached.end(), list.chunks.begin(), list.chunks.end());
    if (torn > kMaxTornLists) return std::nullopt;
  }
  if (whole == 0 && torn > 0) return std::nullopt;
  for (uint64_t i = 0; i < torn; ++i) lists_.CountTorn();
  return cache;
}

}  // namespace seep::glibc
