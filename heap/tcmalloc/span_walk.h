// One walk: span by span, in the order of addresses, with the cached blocks going along.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "heap/allocator_walker.h"
#include "heap/tcmalloc/cached_blocks.h"
#include "heap/tcmalloc/layout.h"
#include "heap/tcmalloc/small_span.h"
#include "heap/tcmalloc/span_map.h"

namespace seep::tcmalloc {

// What is free adds up with what is live: heap = live + rounding + every kind of free block.
class SpanWalk {
 public:
  SpanWalk(const Memory& memory, const Heap& heap, MemoryWindow& window, RunSink sink);

  // Once.
  WalkedHeap Run();

 private:
  void Visit(const Span& span);
  void VisitSmall(const Span& span);
  void VisitLarge(const Span& span);
  bool ReadTrace(const Span& span, uint64_t span_bytes, StackTrace& trace) const;
  bool AddListed(Address begin, uint64_t bytes);
  bool LookAgain(const Span& span, std::span<const CachedBlock> cached);
  void CountSmall();
  void EmitSmall();
  void AddToHeap(const Span& span);
  std::span<const CachedBlock> TakeCached(AddressRange range);
  void CheckCounts(const std::vector<uint64_t>& before, const std::vector<uint64_t>& after);
  void Finish();

  const Memory& memory_;
  const Heap& heap_;
  MemoryWindow& window_;
  RunSink sink_;
  SpanMap map_;
  CachedBlocks cached_;
  size_t next_cached_ = 0;
  SmallSpan small_;
  std::vector<uint64_t> spans_by_class_;
  absl::flat_hash_set<uint64_t> metadata_pages_;

  FreeBlocks in_spans_{"span free lists"};
  FreeBlocks in_threads_{"thread caches"};
  FreeBlocks in_transfer_{"transfer cache"};
  FreeBlocks normal_{"page heap (normal)"};
  FreeBlocks returned_{"page heap (returned to the system)"};
  FreeBlocks tails_{"ends of spans"};
  uint64_t torn_ = 0;  // span lists
  uint64_t bad_spans_ = 0;
  uint64_t stray_ = 0;           // cached blocks
  uint64_t traces_unknown_ = 0;  // of sampled blocks
  WalkedHeap walked_;
};

}  // namespace seep::tcmalloc
