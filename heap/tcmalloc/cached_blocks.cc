#include "heap/tcmalloc/cached_blocks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "heap/tcmalloc/thread_caches.h"

namespace seep::tcmalloc {
namespace {

constexpr size_t kThreadsAtOnce = 64;
constexpr uint64_t kLengthAtOnce = 1 << 20;
constexpr size_t kMaxBlocks = 32 << 20;

// One list of free blocks, and what was found on it.
struct List {
  Address origin;  // of the ThreadCache's list, or of the slot
  uint32_t size_class = 0;
  bool in_transfer = false;
  uint64_t next = 0;
  uint32_t length = 0;  // by its owner
  std::vector<uint64_t> blocks = {};

  bool is_whole() const { return next == 0 && blocks.size() == length; }
};

// Reads the lists' links in rounds, one link of each list a round, up to one more than its length:
// a thread may have been stopped between its list and its length.
class Links {
 public:
  explicit Links(const Memory& memory) : memory_(memory) {}

  void Follow(std::vector<List>& lists) {
    std::vector<List*> open;
    open.reserve(lists.size());
    for (List& list : lists) open.push_back(&list);
    while (!open.empty()) {
      std::erase_if(open, [](List* list) {
        return !IsPlausible(list->next) || list->blocks.size() > list->length;
      });
      ReadNext(open);
    }
  }

 private:
  void ReadNext(const std::vector<List*>& open) {
    words_.assign(open.size(), ~uint64_t{0});  // what cannot be read is no end of a list
    pieces_.clear();
    for (size_t i = 0; i < open.size(); ++i) {
      List& list = *open[i];
      list.blocks.push_back(list.next);
      pieces_.push_back(
          {Address(list.next), {reinterpret_cast<uint8_t*>(&words_[i]), sizeof(uint64_t)}});
    }
    memory_.ReadMany(pieces_);
    for (size_t i = 0; i < open.size(); ++i) open[i]->next = words_[i];
  }

  const Memory& memory_;
  std::vector<uint64_t> words_;
  std::vector<MemoryPiece> pieces_;
};

class Reader {
 public:
  Reader(const Memory& memory, const Heap& heap) : memory_(memory), heap_(heap) {}

  void ReadThreads(std::span<const Address> caches);
  void ReadTransferSlots();
  std::vector<CachedBlock> Take(std::vector<Dropped>* dropped);

 private:
  void AddThreadLists(Address cache, std::span<const uint8_t> bytes);
  void FollowAll();
  std::optional<List> Refreshed(const List& list) const;

  const Memory& memory_;
  const Heap& heap_;
  std::vector<List> lists_;
  uint64_t pending_ = 0;  // their lengths
  std::vector<CachedBlock> blocks_;
  uint64_t torn_ = 0;
  uint64_t too_many_ = 0;
};

List ThreadList(Address origin, uint32_t size_class, const uint8_t* bytes) {
  return {.origin = origin,
          .size_class = size_class,
          .next = Load<uint64_t>(bytes),
          .length = std::min(Load<uint32_t>(bytes + ThreadLists::kLength), ThreadLists::kLongest)};
}

void Reader::AddThreadLists(Address cache, std::span<const uint8_t> bytes) {
  for (uint32_t i = 1; i < heap_.classes.count(); ++i) {
    uint64_t at = i * ThreadLists::kStride;
    List list = ThreadList(cache + at, i, &bytes[at]);
    if (list.next == 0 && list.length == 0) continue;
    pending_ += list.length;
    lists_.push_back(std::move(list));
    if (pending_ > kLengthAtOnce) FollowAll();
  }
}

void Reader::ReadThreads(std::span<const Address> caches) {
  size_t size = ThreadCacheBytes(heap_.classes);
  for (size_t first = 0; first < caches.size(); first += kThreadsAtOnce) {
    size_t count = std::min(kThreadsAtOnce, caches.size() - first);
    std::vector<uint8_t> bytes(count * size);
    std::vector<MemoryPiece> pieces;
    for (size_t i = 0; i < count; ++i) {
      pieces.push_back({caches[first + i], std::span(bytes).subspan(i * size, size)});
    }
    memory_.ReadMany(pieces);
    for (const MemoryPiece& piece : pieces) {
      torn_ += piece.read < size;
      AddThreadLists(piece.from, piece.out);
    }
    FollowAll();
  }
}

void Reader::ReadTransferSlots() {
  const CentralLists& central = heap_.central;
  if (central.slots == 0) return;
  std::vector<uint8_t> bytes(CentralLists::Stride(central.slots));
  for (uint32_t i = 1; i < heap_.classes.count(); ++i) {
    bool read = memory_.Read(central.of(i), bytes) == bytes.size();
    auto used = Load<uint32_t>(&bytes[CentralLists::kSlots + 16 * uint64_t{central.slots}]);
    if (!read || used > central.slots) {
      ++torn_;
      continue;
    }
    for (uint32_t slot = 0; slot < used; ++slot) {
      uint64_t at = CentralLists::kSlots + 16 * uint64_t{slot};
      lists_.push_back({.origin = central.of(i) + at,
                        .size_class = i,
                        .in_transfer = true,
                        .next = Load<uint64_t>(&bytes[at]),
                        .length = heap_.classes.batch[i]});
    }
  }
  FollowAll();
}

// The list as it is now. A slot that is not used any more has its old chain still.
std::optional<List> Reader::Refreshed(const List& list) const {
  std::array<uint8_t, ThreadLists::kStride> bytes;
  if (memory_.Read(list.origin, bytes) != bytes.size()) return std::nullopt;
  List fresh = list;
  fresh.blocks.clear();
  if (!list.in_transfer) return ThreadList(list.origin, list.size_class, bytes.data());
  fresh.next = Load<uint64_t>(bytes.data());
  return fresh;
}

// Of lists_, which it empties.
void Reader::FollowAll() {
  std::vector<List> lists = std::exchange(lists_, {});
  pending_ = 0;
  if (blocks_.size() >= kMaxBlocks) {
    for (const List& list : lists) too_many_ += list.length;
    return;
  }
  Links links(memory_);
  links.Follow(lists);
  std::vector<List> again;
  for (List& list : lists) {
    if (list.is_whole()) continue;
    std::optional<List> fresh = Refreshed(list);
    torn_ += !fresh.has_value();
    if (fresh.has_value()) again.push_back(*std::move(fresh));
  }
  links.Follow(again);
  std::erase_if(lists, [](const List& list) { return !list.is_whole(); });
  for (List& list : again) {
    torn_ += !list.is_whole();
    lists.push_back(std::move(list));
  }
  for (const List& list : lists) {
    for (uint64_t block : list.blocks) {
      blocks_.emplace_back(Address(block), list.size_class, list.in_transfer);
    }
  }
}

std::vector<CachedBlock> Reader::Take(std::vector<Dropped>* dropped) {
  std::sort(blocks_.begin(), blocks_.end());
  auto same = [](CachedBlock a, CachedBlock b) { return a.address() == b.address(); };
  auto end = std::unique(blocks_.begin(), blocks_.end(), same);
  auto twice = static_cast<uint64_t>(blocks_.end() - end);
  blocks_.erase(end, blocks_.end());
  if (torn_ > 0) {
    dropped->push_back({"lists of cached blocks", torn_, "not as long as they say, or damaged"});
  }
  if (twice > 0) dropped->push_back({"cached blocks", twice, "listed twice"});
  if (too_many_ > 0) {
    dropped->push_back({"cached blocks", too_many_, "too many: they count as live"});
  }
  return std::move(blocks_);
}

}  // namespace

CachedBlocks ReadCachedBlocks(const Memory& memory, const Heap& heap,
                              std::vector<Dropped>* dropped) {
  std::vector<Address> caches = ListThreadCaches(memory, heap, dropped);
  Reader reader(memory, heap);
  reader.ReadTransferSlots();
  reader.ReadThreads(caches);
  CachedBlocks cached;
  cached.blocks = reader.Take(dropped);
  for (Address cache : caches) {
    cached.thread_caches.push_back({cache, cache + ThreadCacheBytes(heap.classes)});
  }
  return cached;
}

}  // namespace seep::tcmalloc
