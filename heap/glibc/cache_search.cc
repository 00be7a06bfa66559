#include "heap/glibc/cache_search.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace seep::glibc {
namespace {

class Search {
 public:
  Search(MemoryWindow& window, const Memory& memory, uint64_t wanted, ThreadCacheReader& reader,
         WalkBudget& budget)
      : window_(window), memory_(memory), wanted_(wanted), reader_(reader), budget_(budget) {}

  void Look(const Piece& piece, bool only_at_its_start) {
    ChunkReader chunks(window_, memory_, piece, budget_);
    while (found_.size() + empty_ < wanted_) {
      std::span<const ChainedChunk> batch = chunks.Next();
      for (const ChainedChunk& chunk : batch) Look(chunk);
      if (piece.is_main && only_at_its_start && !batch.empty()) LookForEmpty(batch.front());
      if (batch.empty() || only_at_its_start) return;
    }
  }

  std::vector<ThreadCache> TakeFound() { return std::move(found_); }

 private:
  void Look(const ChainedChunk& chunk) {
    if (!chunk.in_use || !ThreadCacheReader::Fits(chunk.size) || known_.contains(chunk.at.value()))
      return;
    if (!reader_.IsPlausible(chunk.size, window_.View(chunk.user(), chunk.size))) return;
    std::optional<ThreadCache> cache = reader_.Read(chunk);
    if (!cache.has_value()) return;
    known_.insert(chunk.at.value());
    found_.push_back(*std::move(cache));
  }

  // The first thing in the main arena is the main thread's cache, which ends only with the process.
  // If the thread has freed nothing yet it is zero, and counts as found.
  void LookForEmpty(const ChainedChunk& chunk) {
    empty_ += chunk.in_use && reader_.IsEmpty(chunk.size, window_.View(chunk.user(), chunk.size));
  }

  MemoryWindow& window_;
  const Memory& memory_;
  uint64_t wanted_;
  ThreadCacheReader& reader_;
  WalkBudget& budget_;
  absl::flat_hash_set<uint64_t> known_;
  std::vector<ThreadCache> found_;
  uint64_t empty_ = 0;
};

}  // namespace

std::vector<ThreadCache> FindThreadCaches(MemoryWindow& window, const Memory& memory,
                                          const std::vector<Piece>& pieces, uint64_t wanted,
                                          ThreadCacheReader& reader, WalkBudget& budget) {
  Search search(window, memory, wanted, reader, budget);
  for (bool only_at_its_start : {true, false}) {
    for (const Piece& piece : pieces) search.Look(piece, only_at_its_start);
  }
  std::vector<ThreadCache> found = search.TakeFound();
  std::ranges::sort(found, {}, &ThreadCache::chunk);
  return found;
}

}  // namespace seep::glibc
