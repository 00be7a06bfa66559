#include "heap/jemalloc/thread_caches.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>

#include "heap/jemalloc/size_classes.h"
#include "heap/sparse_table.h"
#include "heap/writable_memory.h"

namespace seep::jemalloc {
namespace {

constexpr uint64_t kArenaBytes = 64 << 10;  // that the lists lie in
constexpr size_t kMaxArenas = 4096;         // MALLOCX_ARENA_LIMIT
constexpr size_t kMaxCaches = 1 << 20;
constexpr size_t kMaxBlocks = 4 << 20;  // 32 MiB of our memory
constexpr uint64_t kBinBytes = 24;
constexpr unsigned kMaxBins = 96;                   // TCACHE_NBINS_MAX is 73
constexpr uint64_t kMaxStack = (64 << 10) / kWord;  // a stack's bounds are 16-bit offsets

// cache_bin_array_descriptor_t, and the pointer that follows it in the tcache.
struct Descriptor {
  Address next, previous;
  std::vector<Address> bins;  // one array, or one for small and one for large classes
  Address arena;
};

bool Contains(const std::vector<AddressRange>& ranges, Address address) {
  auto after =
      std::upper_bound(ranges.begin(), ranges.end(), address,
                       [](Address a, const AddressRange& range) { return a < range.begin; });
  return after != ranges.begin() && std::prev(after)->contains(address);
}

class Reader {
 public:
  Reader(const Memory& memory, const std::vector<Mapping>& maps, const Format& format,
         const std::vector<AddressRange>& base_blocks)
      : memory_(memory), maps_(maps), format_(format), base_blocks_(base_blocks) {}

  // Pointers into base blocks among the module's data: arenas, and a few more.
  std::set<Address> ArenaCandidates(const std::vector<AddressRange>& data) const;
  // The ring of descriptors that `arena` has a list of, if it is one and has caches.
  void ReadArena(Address arena);

  CachedBlocks Take() && {
    std::sort(result_.blocks.begin(), result_.blocks.end());
    return std::move(result_);
  }

 private:
  bool CanBePointer(uint64_t word) const;
  std::optional<Descriptor> ReadDescriptor(Address at) const;
  void ReadRing(Address first, Address arena);
  void ReadBins(const Descriptor& descriptor);
  // Returns false after the last bin.
  bool ReadBin(std::span<const uint8_t> bin);
  void ReadStack(Address begin, uint64_t count);

  const Memory& memory_;
  const std::vector<Mapping>& maps_;
  const Format& format_;
  const std::vector<AddressRange>& base_blocks_;
  std::set<Address> seen_;  // descriptors
  CachedBlocks result_;
};

bool Reader::CanBePointer(uint64_t word) const {
  return word != 0 && word % kWord == 0 &&
         IsWritable(maps_, {Address(word), Address(word) + kWord});
}

std::set<Address> Reader::ArenaCandidates(const std::vector<AddressRange>& data) const {
  std::set<Address> candidates;
  for (const AddressRange& range : data) {
    VisitTable(memory_, range, [&](Address, std::span<const uint64_t> words) {
      for (uint64_t word : words) {
        if (word % kCacheline == 0 && Contains(base_blocks_, Address(word))) {
          candidates.insert(Address(word));
        }
      }
      return candidates.size() < kMaxArenas;
    });
  }
  return candidates;
}

// {next, previous, bins, arena}, and until 5.2 {next, previous, small bins, large bins, arena}.
std::optional<Descriptor> Reader::ReadDescriptor(Address at) const {
  std::array<uint64_t, 5> words{};
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(words.data()), sizeof(words));
  if (memory_.Read(at, bytes) != bytes.size()) return std::nullopt;
  size_t arrays = format_.cache_bins == Format::CacheBins::kLowBits ? 1 : 2;
  Descriptor descriptor{Address(words[0]), Address(words[1]), {}, Address(words[2 + arrays])};
  for (size_t i = 0; i < arrays; ++i) descriptor.bins.push_back(Address(words[2 + i]));
  bool plausible = std::all_of(words.begin(), words.begin() + 3 + static_cast<ptrdiff_t>(arrays),
                               [this](uint64_t word) { return CanBePointer(word); });
  return plausible ? std::optional(std::move(descriptor)) : std::nullopt;
}

void Reader::ReadArena(Address arena) {
  std::set<Address> heads;
  VisitTable(memory_, {arena, arena + kArenaBytes}, [&](Address, std::span<const uint64_t> words) {
    for (uint64_t word : words) {
      if (CanBePointer(word) && !Contains(base_blocks_, Address(word))) {
        heads.insert(Address(word));
      }
    }
    return true;
  });
  for (Address head : heads) {
    std::optional<Descriptor> descriptor = ReadDescriptor(head);
    if (descriptor.has_value() && descriptor->arena == arena) ReadRing(head, arena);
  }
}

void Reader::ReadRing(Address first, Address arena) {
  Address at = first;
  do {
    // Met before: the ring of a list that changed meanwhile, or damage.
    if (seen_.size() >= kMaxCaches || !seen_.insert(at).second) return;
    std::optional<Descriptor> descriptor = ReadDescriptor(at);
    if (!descriptor.has_value() || descriptor->arena != arena) {
      ++result_.torn;
      return;
    }
    ++result_.caches;
    ReadBins(*descriptor);
    at = descriptor->next;
  } while (at != first);
}

void Reader::ReadBins(const Descriptor& descriptor) {
  for (size_t array = 0; array < descriptor.bins.size(); ++array) {
    bool small_only = descriptor.bins.size() == 2 && array == 0;
    std::vector<uint8_t> bins(kBinBytes * (small_only ? kSmallClasses : kMaxBins));
    bins.resize(memory_.Read(descriptor.bins[array], bins));
    std::span<const uint8_t> left(bins);
    while (left.size() >= kBinBytes && ReadBin(left.first(kBinBytes))) {
      left = left.subspan(kBinBytes);
    }
  }
}

// Counted (until 5.2): i32 low water, i32 count, u64 statistics, pointer past the stack's end.
// Low bits (5.3): pointer to the top, u64 statistics, and the low 16 bits of three positions:
//
//   │ stashed │ available │ cached │         low water, full, empty
//                         ▲ top    ▲ empty
bool Reader::ReadBin(std::span<const uint8_t> bin) {
  bool counted = format_.cache_bins == Format::CacheBins::kCounted;
  uint64_t stack = WordAt(bin, counted ? 16 : 0);
  if (stack == 0) return false;  // this and all later classes are not cached
  uint64_t count;
  if (counted) {
    auto cached = static_cast<int32_t>(WordAt(bin, 0) >> 32);
    count = static_cast<uint64_t>(std::max(cached, 0));
    stack -= count * kWord;
  } else {
    auto empty = static_cast<uint16_t>(WordAt(bin, 16) >> 32);
    count = static_cast<uint16_t>(empty - static_cast<uint16_t>(stack)) / kWord;
  }
  if (count == 0) return true;
  if (count > kMaxStack || !IsWritable(maps_, {Address(stack), Address(stack) + count * kWord})) {
    ++result_.torn;
    return true;
  }
  ReadStack(Address(stack), count);
  return true;
}

void Reader::ReadStack(Address begin, uint64_t count) {
  std::vector<uint64_t> blocks(count);
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(blocks.data()), count * kWord);
  size_t read = memory_.Read(begin, bytes) / kWord;
  result_.torn += count - read;
  size_t taken = std::min(read, kMaxBlocks - result_.blocks.size());
  result_.left_out += read - taken;
  for (size_t i = 0; i < taken; ++i) result_.blocks.push_back(Address(blocks[i]));
}

}  // namespace

CachedBlocks ReadThreadCaches(const Memory& memory, const std::vector<Mapping>& maps,
                              const Format& format, const std::vector<AddressRange>& data,
                              const std::vector<AddressRange>& base_blocks) {
  Reader reader(memory, maps, format, base_blocks);
  for (Address candidate : reader.ArenaCandidates(data)) reader.ReadArena(candidate);
  return std::move(reader).Take();
}

}  // namespace seep::jemalloc
