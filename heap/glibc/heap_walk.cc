#include "heap/glibc/heap_walk.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "heap/glibc/bin_check.h"
#include "heap/glibc/cache_search.h"
#include "heap/glibc/cached_chunks.h"
#include "heap/glibc/chunk_reader.h"
#include "heap/glibc/free_lists.h"
#include "heap/glibc/heap_map.h"
#include "heap/glibc/ranges.h"
#include "heap/glibc/run_builder.h"
#include "heap/glibc/thread_caches.h"

namespace seep::glibc {
namespace {

uint64_t Apart(uint64_t a, uint64_t b) { return std::max(a, b) - std::min(a, b); }

class HeapWalk {
 public:
  HeapWalk(const Malloc& malloc, MemoryWindow& window, RunSink sink)
      : malloc_(malloc),
        memory_(*malloc.target.memory),
        window_(window),
        lists_(memory_, budget_.list_entries),
        thread_caches_(memory_, lists_, CacheFill(malloc)),
        runs_(sink, &walked_) {}

  WalkedHeap Run();

 private:
  static std::optional<uint64_t> CacheFill(const Malloc& malloc) {
    if (!malloc.parameters.has_value()) return std::nullopt;
    return malloc.parameters->tcache_count;
  }

  void LimitLists();
  void ReadCaches();
  void WalkArena(const ArenaMap& map);
  void WalkPiece(const Piece& piece, BinCheck* bins);
  void Visit(const ChainedChunk& chunk, BinCheck* bins);
  bool IsThreadCache(const ChainedChunk& chunk);
  void CountFree(FreeBlocks& where, uint64_t bytes);
  void TakeNotes(const ChunkReader& reader);
  void WalkMmapped();
  void CheckSums();
  void CheckMmapped();
  void CheckBudget();
  void Drop(std::string what, uint64_t count, std::string why);

  const Malloc& malloc_;
  const Memory& memory_;
  MemoryWindow& window_;
  WalkBudget budget_;
  FreeListReader lists_;
  ThreadCacheReader thread_caches_;
  HeapMap map_;
  CachedChunks cached_;
  absl::flat_hash_set<uint64_t> cache_structures_;
  std::vector<AddressRange> cache_ranges_;
  std::vector<AddressRange> heap_ranges_;
  ChainNotes notes_;
  uint64_t found_too_late_ = 0;
  FreeBlocks binned_{"bins"}, fast_{"fast bins"}, thread_{"thread caches (tcache)"}, top_{"top"};
  WalkedHeap walked_;
  RunBuilder runs_;
};

WalkedHeap HeapWalk::Run() {
  std::vector<Arena> arenas = ReadArenas(memory_, malloc_.main.state, *malloc_.main.layout);
  if (arenas.empty()) {
    Drop("arenas of glibc malloc", 1, "their ring does not close: nothing could be walked");
    return walked_;
  }
  map_ = MapHeaps(malloc_, arenas, window_, budget_);
  ReadCaches();
  for (const ArenaMap& map : map_.arenas) WalkArena(map);
  WalkMmapped();
  CheckSums();
  walked_.free = {binned_, fast_, thread_, top_};
  std::vector<AddressRange> own = Union(cache_ranges_);
  walked_.heap = Difference(Union(heap_ranges_), own);
  own.insert(own.end(), map_.metadata.begin(), map_.metadata.end());
  walked_.metadata = Union(own);
  return walked_;
}

// Each block once, or, where lists had to be tried in both forms, twice, and some for lists that
// turn out to be none.
void HeapWalk::LimitLists() {
  uint64_t bytes = 0;
  for (const ArenaMap& map : map_.arenas) {
    for (const Piece& piece : map.pieces) bytes += piece.range.size();
  }
  uint64_t blocks = bytes / kMinChunk + map_.mmapped.chunks.size();
  budget_.list_entries = Budget(std::min(budget_.list_entries.left(), 4 * blocks + 1024));
}

void HeapWalk::ReadCaches() {
  LimitLists();
  uint64_t threads = 0;
  std::vector<Piece> pieces;
  for (const ArenaMap& map : map_.arenas) {
    ReadFastBins(lists_, map.arena, &cached_);
    threads += map.arena.attached_threads();
    pieces.insert(pieces.end(), map.pieces.begin(), map.pieces.end());
  }
  if (CacheFill(malloc_) != 0) {
    std::vector<ThreadCache> found =
        FindThreadCaches(window_, memory_, pieces, threads, thread_caches_, budget_);
    for (const ThreadCache& cache : found) {
      cache_structures_.insert(cache.chunk.value());
      for (Address chunk : cache.cached) cached_.Add(chunk, Cache::kThread);
    }
  }
  uint64_t twice = cached_.Sort();
  if (twice > 0) Drop("freed blocks in caches", twice, "on two lists at once");
  walked_.discrepancy += twice;
}

void HeapWalk::WalkArena(const ArenaMap& map) {
  BinCheck bins(map.arena);
  for (const Piece& piece : map.pieces) WalkPiece(piece, &bins);
  if (bins.Agrees()) return;
  uint64_t difference = bins.Difference(memory_, map.arena, budget_.bin_links);
  walked_.discrepancy += difference;
  Drop("free blocks of an arena", difference, "the heap and the lists of its bins differ");
}

void HeapWalk::WalkPiece(const Piece& piece, BinCheck* bins) {
  ChunkReader reader(window_, memory_, piece, budget_);
  for (auto batch = reader.Next(); !batch.empty(); batch = reader.Next()) {
    for (const ChainedChunk& chunk : batch) Visit(chunk, bins);
    runs_.Flush();  // while the window holds these blocks
  }
  TakeNotes(reader);
}

void HeapWalk::Visit(const ChainedChunk& chunk, BinCheck* bins) {
  if (!chunk.in_use) {
    bins->Add(chunk);
    CountFree(binned_, chunk.size);
    return;
  }
  std::optional<Cache> cache = cached_.Find(chunk.at);
  if (cache.has_value()) {
    CountFree(*cache == Cache::kThread ? thread_ : fast_, chunk.size);
  } else if (ThreadCacheReader::Fits(chunk.size) && IsThreadCache(chunk)) {
    cache_ranges_.push_back({chunk.at, chunk.at + chunk.size});
  } else {
    runs_.Add(chunk);
  }
}

// Known, or come across only now: then some of its blocks were handed out as live.
bool HeapWalk::IsThreadCache(const ChainedChunk& chunk) {
  if (cache_structures_.contains(chunk.at.value())) return true;
  if (!thread_caches_.IsPlausible(chunk.size, window_.View(chunk.user(), chunk.size))) return false;
  std::optional<ThreadCache> late = thread_caches_.Read(chunk);
  if (!late.has_value()) return false;
  for (Address cached : late->cached) {
    if (cached > chunk.at) {
      cached_.AddLate(cached);
    } else {
      ++found_too_late_;
    }
  }
  return true;
}

void HeapWalk::CountFree(FreeBlocks& where, uint64_t bytes) {
  ++where.blocks;
  where.bytes += bytes;
}

void HeapWalk::TakeNotes(const ChunkReader& reader) {
  const ChainNotes& notes = reader.notes();
  notes_.torn += notes.torn;
  notes_.skipped_bytes += notes.skipped_bytes;
  notes_.absent_bytes += notes.absent_bytes;
  if (notes.top_bytes > 0) CountFree(top_, notes.top_bytes);
  heap_ranges_.insert(heap_ranges_.end(), reader.stretches().begin(), reader.stretches().end());
}

void HeapWalk::WalkMmapped() {
  for (const MmappedChunk& chunk : map_.mmapped.chunks) {
    heap_ranges_.push_back(chunk.mapping);
    if (cached_.Find(chunk.at).has_value()) {
      CountFree(thread_, chunk.mapping.size());
    } else {
      runs_.AddAlone(chunk, malloc_.main.layout->mmapped_overhead);
    }
  }
}

void HeapWalk::CheckSums() {
  for (const ArenaMap& map : map_.arenas) {
    uint64_t apart = Apart(map.bytes, map.arena.system_mem());
    if (apart > 0)
      Drop("bytes of an arena", apart, "its heaps and its own sum (system_mem) differ");
    if (!map.complete) Drop("heaps of an arena", 1, "not found or damaged: its blocks are missing");
  }
  CheckMmapped();
  CheckBudget();
  uint64_t lost = cached_.size() - std::min(cached_.size(), cached_.found());
  walked_.discrepancy += lost + found_too_late_;
  if (lost > 0) Drop("freed blocks in caches", lost, "on a list, but no blocks of a heap");
  if (found_too_late_ > 0) {
    Drop("freed blocks counted as live", found_too_late_,
         "in the cache of a thread that is not there any more");
  }
  if (lists_.torn() > 0) Drop("lists of freed blocks", lists_.torn(), "torn or damaged");
  if (notes_.torn > 0) Drop("chunk headers", notes_.torn, "torn, damaged or not readable");
  if (notes_.skipped_bytes > 0) {
    Drop("bytes of heaps", notes_.skipped_bytes,
         "behind such headers; of these not readable: " + std::to_string(notes_.absent_bytes));
  }
}

void HeapWalk::CheckBudget() {
  const std::pair<const Budget&, const char*> limits[] = {
      {budget_.trials, "looking for where damaged chains of chunks go on"},
      {budget_.absent_pages, "stepping over pages that are not there"},
      {budget_.list_entries, "following lists of freed blocks"},
      {budget_.bin_links, "counting the free blocks in bins"},
  };
  for (const auto& [budget, what] : limits) {
    if (budget.exhausted()) Drop("walks", 1, std::string("gave up ") + what);
  }
}

void HeapWalk::CheckMmapped() {
  if (!malloc_.parameters.has_value()) return;
  uint64_t blocks = Apart(map_.mmapped.chunks.size(), malloc_.parameters->n_mmaps);
  uint64_t bytes = Apart(map_.mmapped.chunk_bytes, malloc_.parameters->mmapped_mem);
  walked_.discrepancy += blocks;
  if (blocks > 0) Drop("blocks with a mapping of their own", blocks, "n_mmaps says otherwise");
  bool is_known = malloc_.main.layout->counts_mapped_bytes();
  if (bytes > 0 && is_known) Drop("bytes of such blocks", bytes, "mmapped_mem says otherwise");
}

void HeapWalk::Drop(std::string what, uint64_t count, std::string why) {
  walked_.dropped.push_back({std::move(what), count, std::move(why)});
}

}  // namespace

WalkedHeap WalkHeaps(const Malloc& malloc, MemoryWindow& window, RunSink sink) {
  return HeapWalk(malloc, window, sink).Run();
}

}  // namespace seep::glibc
