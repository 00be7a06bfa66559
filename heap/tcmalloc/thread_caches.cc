#include "heap/tcmalloc/thread_caches.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "heap/tcmalloc/data_scan.h"

namespace seep::tcmalloc {
namespace {

constexpr size_t kMaxThreads = 1 << 17;
constexpr size_t kMaxPointers =
    1024;                            // there are about three: the list, the next to give, the free
constexpr uint64_t kAlignment = 64;  // CACHELINE_ALIGNED
constexpr size_t kBatch = 1024;

bool HasListsOf(const SizeClasses& classes, uint32_t count, const uint8_t* bytes) {
  for (uint32_t i = 1; i < count; ++i) {
    auto size = Load<uint32_t>(bytes + i * ThreadLists::kStride + ThreadLists::kSize);
    if (size != classes.bytes[i]) return false;
  }
  return true;
}

// The object's bytes, if it is a ThreadCache.
std::optional<std::vector<uint8_t>> ReadThreadCache(const Memory& memory,
                                                    const SizeClasses& classes, uint64_t address) {
  if (!IsPlausible(address) || address % kAlignment != 0) return std::nullopt;
  std::vector<uint8_t> bytes(ThreadCacheBytes(classes));
  if (memory.Read(Address(address), bytes) != bytes.size() ||
      !HasListsOf(classes, classes.count(), bytes.data())) {
    return std::nullopt;
  }
  return bytes;
}

// Sorts out by the first lists which variables may lead to a ThreadCache.
class PointerFilter {
 public:
  PointerFilter(const Memory& memory, const SizeClasses& classes)
      : memory_(memory), classes_(classes), bytes_(kBatch * kSample) {}

  void Add(Address variable, uint64_t target) {
    variables_.push_back(variable);
    pieces_.push_back(
        {Address(target), std::span(bytes_).subspan(pieces_.size() * kSample, kSample)});
    if (pieces_.size() == kBatch) Flush();
  }

  bool is_full() const { return found_.size() >= kMaxPointers; }

  std::vector<Address> Take() {
    Flush();
    return std::move(found_);
  }

 private:
  static constexpr uint32_t kLists = 4;
  static constexpr size_t kSample = kLists * ThreadLists::kStride;

  void Flush() {
    memory_.ReadMany(pieces_);
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].read == kSample && HasListsOf(classes_, kLists, pieces_[i].out.data()) &&
          ReadThreadCache(memory_, classes_, pieces_[i].from.value())) {
        found_.push_back(variables_[i]);
      }
    }
    variables_.clear();
    pieces_.clear();
  }

  const Memory& memory_;
  const SizeClasses& classes_;
  std::vector<uint8_t> bytes_;
  std::vector<Address> variables_;
  std::vector<MemoryPiece> pieces_;
  std::vector<Address> found_;
};

// A cache whose thread has ended hands back its blocks, and waits for the next thread.
bool IsEmpty(const SizeClasses& classes, const uint8_t* bytes) {
  for (uint32_t i = 1; i < classes.count(); ++i) {
    if (Load<uint32_t>(bytes + i * ThreadLists::kStride + ThreadLists::kLength) != 0) return false;
  }
  return true;
}

// The caches that are reached when next_ lies `next` bytes into the object, and prev_ behind it.
// A neighbour counts if it links back: a cache whose thread has ended keeps stale links.
struct Chain {
  absl::flat_hash_set<uint64_t> members;
  uint64_t broken = 0;  // links from caches that are in use
};
bool IsBetter(const Chain& a, const Chain& b) {
  return std::pair(a.members.size(), b.broken) > std::pair(b.members.size(), a.broken);
}

Chain Follow(const Memory& memory, const SizeClasses& classes, const std::vector<uint64_t>& seeds,
             size_t next) {
  Chain chain;
  std::vector<uint64_t> open(seeds.begin(), seeds.end());
  chain.members.insert(open.begin(), open.end());
  while (!open.empty() && chain.members.size() < kMaxThreads) {
    uint64_t at = open.back();
    open.pop_back();
    auto bytes = ReadThreadCache(memory, classes, at);
    if (!bytes.has_value()) continue;
    for (size_t link : {next, next + 8}) {
      auto neighbour = Load<uint64_t>(bytes->data() + link);
      if (neighbour == 0 || chain.members.contains(neighbour)) continue;
      auto other = ReadThreadCache(memory, classes, neighbour);
      size_t back = link == next ? next + 8 : next;
      if (!other.has_value() || Load<uint64_t>(other->data() + back) != at) {
        chain.broken += !IsEmpty(classes, bytes->data());
        continue;
      }
      chain.members.insert(neighbour);
      open.push_back(neighbour);
    }
  }
  return chain;
}

}  // namespace

std::vector<Address> FindThreadPointers(const Memory& memory, const SizeClasses& classes,
                                        AddressRange data) {
  PointerFilter filter(memory, classes);
  ScanData(memory, data, 8, 8, [&](Address variable, std::span<const uint8_t> word) {
    auto target = Load<uint64_t>(word.data());
    if (IsPlausible(target) && target % kAlignment == 0) filter.Add(variable, target);
    return !filter.is_full();
  });
  return filter.Take();
}

std::vector<Address> ListThreadCaches(const Memory& memory, const Heap& heap,
                                      std::vector<Dropped>* dropped) {
  std::vector<uint64_t> seeds;
  for (Address variable : heap.thread_pointers) {
    uint64_t target = ReadWord(memory, variable).value_or(0);
    if (ReadThreadCache(memory, heap.classes, target)) seeds.push_back(target);
  }
  // next_ moved when 2.16 took two fields away: where the links lead to most caches, there they
  // are.
  Chain best;
  size_t lists = ThreadLists::kStride * heap.classes.room;
  for (size_t next = lists + 8; next + 16 <= lists + ThreadLists::kTail; next += 8) {
    Chain chain = Follow(memory, heap.classes, seeds, next);
    if (IsBetter(chain, best)) best = std::move(chain);
  }
  if (best.members.empty()) {
    dropped->push_back({"thread caches", 1, "none was found: what they hold counts as live"});
  }
  if (best.members.size() >= kMaxThreads) {
    dropped->push_back({"thread caches", 1, "more than 131072: what the rest hold counts as live"});
  }
  if (best.broken > 0) {
    dropped->push_back({"thread caches", best.broken, "their links changed while they were read"});
  }
  std::vector<Address> caches;
  for (uint64_t member : best.members) caches.push_back(Address(member));
  std::sort(caches.begin(), caches.end());
  return caches;
}

}  // namespace seep::tcmalloc
