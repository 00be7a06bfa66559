#include "heap/census/holder_search.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "heap/address_ranges.h"
#include "heap/census/pointer_filter.h"
#include "heap/census/thread_stack.h"
#include "heap/instances/class_names.h"

namespace seep {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint64_t kPage = 4096;
constexpr uint64_t kChunk = MemoryWindow::kDefaultBytes / 2;

// Places in larger blocks are those of arrays: which element holds a block tells nothing.
constexpr uint64_t kLargestNode = 512;
constexpr size_t kHoldersOfABlock = 8;
constexpr uint8_t kPointersToABlock = 64;  // looked at; there may be millions to one
constexpr size_t kHolders = 1 << 18;

std::vector<Address> AddressesOf(const std::vector<DrawnBlock>& blocks) {
  std::vector<Address> addresses;
  for (const DrawnBlock& drawn : blocks) addresses.push_back(drawn.block);
  return addresses;
}

class HolderSearch {
 public:
  HolderSearch(const Target& target, std::vector<DrawnBlock> sought, MemoryWindow& window,
               HeadExaminer& examiner)
      : target_(target),
        window_(window),
        examiner_(examiner),
        filter_(AddressesOf(sought)),
        pointers_seen_(sought.size()) {
    for (const DrawnBlock& drawn : sought) found_.blocks.push_back({.drawn = drawn});
  }

  void Search(const BlockRun& run) {
    MarkSeen(run);
    Scan({run.start, run.start + run.count * run.stride},
         [&](const Hit& hit) { return HolderInRun(run, hit); });
  }

  void SearchOutside(const Mapping& mapping, AddressRange range, bool is_stack) {
    Holder elsewhere{.where = is_stack ? Holder::Where::kStack : Holder::Where::kElsewhere};
    bool kernel = mapping.shared || mapping.path == "[vvar]";  // or a device
    if (kernel || !mapping.readable || !mapping.writable) return;
    Scan(range, [&](const Hit& hit) -> std::optional<Holder> {
      CodeLocation location = Locate(target_, hit.at);
      if (location.module.is_none()) return elsewhere;
      return Holder{.where = Holder::Where::kVariable,
                    .of = location.module.index(),
                    .offset = location.offset};
    });
  }

  FoundHolders Take() && { return std::move(found_); }

 private:
  struct Hit {
    Address at;
    uint32_t block;
  };

  void MarkSeen(const BlockRun& run) {
    Address end = run.start + run.count * run.stride;
    auto it = std::lower_bound(
        found_.blocks.begin(), found_.blocks.end(), run.start,
        [](const HeldBlock& held, Address address) { return held.drawn.block < address; });
    for (; it != found_.blocks.end() && it->drawn.block < end; ++it) {
      uint64_t offset = it->drawn.block - run.start;
      if (offset % run.stride != 0 || !run.IsLive(offset / run.stride)) continue;
      it->seen = true;
      it->usable = run.usable;
    }
  }

  // holder_of(hit): where that is; nothing if it does not count.
  template <typename HolderOf>
  void Scan(AddressRange range, HolderOf holder_of) {
    Address at((range.begin.value() + kWord - 1) / kWord * kWord);
    while (at + kWord <= range.end) {
      std::span<const uint8_t> bytes = window_.View(at, std::min<uint64_t>(range.end - at, kChunk));
      if (bytes.size() < kWord) {
        at = Address((at.value() / kPage + 1) * kPage);
        continue;
      }
      Collect(at, bytes);
      at = at + bytes.size() / kWord * kWord;
      // Only now: looking at a holder moves the window.
      for (const Hit& hit : hits_) {
        if (std::optional<Holder> holder = holder_of(hit)) Note(hit.block, *holder);
      }
    }
  }

  void Collect(Address at, std::span<const uint8_t> bytes) {
    hits_.clear();
    found_.bytes_searched += bytes.size();
    for (size_t i = 0; i + kWord <= bytes.size(); i += kWord) {
      uint64_t word;
      std::memcpy(&word, &bytes[i], kWord);
      if (!filter_.MayHold(word)) continue;
      std::optional<uint32_t> block = filter_.Find(word);
      if (!block || pointers_seen_[*block] == kPointersToABlock) continue;
      ++pointers_seen_[*block];
      hits_.push_back({at + i, *block});
    }
  }

  std::optional<Holder> HolderInRun(const BlockRun& run, const Hit& hit) {
    uint64_t index = (hit.at - run.start) / run.stride;
    Address block = run.start + index * run.stride;
    uint64_t offset = hit.at - block;
    if (!run.IsLive(index) || offset + kWord > run.usable) return std::nullopt;
    if (block == found_.blocks[hit.block].drawn.block) return std::nullopt;  // itself
    BlockHead head = examiner_.Examine(block, run.usable);
    if (head.klass && offset >= head.class_offset) {
      return Holder{.where = Holder::Where::kObject,
                    .of = *head.klass,
                    .offset = head.objects > 1 ? Holder::kAnywhere : offset - head.class_offset};
    }
    if (run.usable > kLargestNode) {
      return Holder{.where = Holder::Where::kBlock,
                    .size = std::bit_ceil(std::min(run.usable, uint64_t{1} << 62)),
                    .offset = Holder::kAnywhere};
    }
    return Holder{.where = Holder::Where::kBlock, .size = run.usable, .offset = offset};
  }

  void Note(uint32_t block, const Holder& holder) {
    auto known = index_.find(holder);
    if (known == index_.end()) {
      if (found_.holders.size() == kHolders) {
        ++found_.too_many;
        return;
      }
      known = index_.emplace(holder, static_cast<uint32_t>(found_.holders.size())).first;
      found_.holders.push_back(holder);
    }
    std::vector<uint32_t>& holders = found_.blocks[block].holders;
    if (holders.size() == kHoldersOfABlock) return;
    if (std::find(holders.begin(), holders.end(), known->second) == holders.end()) {
      holders.push_back(known->second);
    }
  }

  const Target& target_;
  MemoryWindow& window_;
  HeadExaminer& examiner_;
  PointerFilter filter_;
  std::vector<uint8_t> pointers_seen_;  // by block
  std::vector<Hit> hits_;               // of the piece of memory at hand
  FoundHolders found_;
  absl::flat_hash_map<Holder, uint32_t> index_;  // into found_.holders
};

}  // namespace

FoundHolders FindHolders(const Target& target,
                         std::span<const std::unique_ptr<AllocatorWalker>> walkers,
                         std::vector<DrawnBlock> sought, MemoryWindow& window,
                         HeadExaminer& examiner) {
  HolderSearch search(target, std::move(sought), window, examiner);
  std::vector<AddressRange> owned;
  for (const std::unique_ptr<AllocatorWalker>& walker : walkers) {
    WalkedHeap heap = walker->Walk(window, [&](const BlockRun& run) { search.Search(run); });
    owned.insert(owned.end(), heap.heap.begin(), heap.heap.end());
    owned.insert(owned.end(), heap.metadata.begin(), heap.metadata.end());
  }
  std::sort(owned.begin(), owned.end());
  const Mapping* below = nullptr;
  for (const Mapping& mapping : target.maps) {
    bool is_stack =
        mapping.path == "[stack]" || (below != nullptr && IsThreadStack(*below, mapping));
    below = &mapping;
    for (AddressRange range : Subtract({mapping.range}, owned)) {
      search.SearchOutside(mapping, range, is_stack);
    }
  }
  return std::move(search).Take();
}

}  // namespace seep
