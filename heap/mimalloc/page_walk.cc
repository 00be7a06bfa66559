#include "heap/mimalloc/page_walk.h"

#include <algorithm>

#include "heap/address_ranges.h"

namespace seep::mimalloc {
namespace {

// Blocks up to this size are so close together that one read of their page gets all links.
constexpr uint64_t kSmallBlock = 1024;

uint64_t Difference(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

PageWalk::PageWalk(const Memory& memory, std::span<const Address> delayed, MemoryWindow& window,
                   RunSink sink)
    : memory_(memory), delayed_(delayed), window_(window), sink_(sink) {
  heap_.free = {{.where = "page free lists"},
                {.where = "freed by other threads"},
                {.where = "delayed frees"},
                {.where = "never used blocks of pages"},
                {.where = "free slices"}};
}

WalkedHeap PageWalk::Finish() {
  auto drop = [this](uint64_t count, const char* what, const char* why) {
    if (count > 0) heap_.dropped.push_back({what, count, why});
  };
  const char* changed = "changed during the read, or damaged";
  drop(torn_segments_, "segments of mimalloc, in part", changed);
  drop(torn_pages_, "pages of mimalloc", changed);
  drop(torn_lists_, "free lists of mimalloc's pages", changed);
  drop(torn_delayed_ + delayed_.size(), "delayed frees of mimalloc",
       "changed during the read, or damaged: no blocks in use");
  return std::move(heap_);
}

void PageWalk::TakeSegment(const Format& format, const SegmentHead& segment) {
  Address body = segment.begin + segment.header_slices * kSlice;
  AppendRange(&heap_.metadata, {segment.begin, body});
  AppendRange(&heap_.heap, {body, segment.end()});
  PageTable table(memory_, format, segment);
  bool whole = table.ForEach([&](const Page& page) {
    if (page.in_use()) {
      TakePage(table, page);
    } else {
      CountFree(kSpans, 1, page.span.size());
    }
  });
  torn_segments_ += !whole;
}

void PageWalk::TakePage(const PageTable& table, Page page) {
  Lists lists;
  auto agrees = [&] {
    if (!page.in_use() || !IsPlausible(page)) return false;
    lists = ReadLists(page);
    return !lists.torn && lists.own + page.used == page.capacity;
  };
  if (!agrees()) {
    AddressRange span = page.span;
    page = table.ReadAgain(memory_, page);
    bool same = page.span == span && page.in_use() && IsPlausible(page);
    if (!same) {
      ++torn_pages_;
      return;
    }
    agrees();
  }
  torn_lists_ += lists.torn;
  heap_.discrepancy += Difference(lists.own + page.used, page.capacity);

  uint64_t delayed = TakeDelayed(page);
  uint64_t live = page.capacity - lists.own - lists.other_threads - delayed;
  CountFree(kLists, lists.own, lists.own * page.block_size);
  CountFree(kOtherThreads, lists.other_threads, lists.other_threads * page.block_size);
  CountFree(kDelayed, delayed, delayed * page.block_size);
  uint64_t untouched = page.reserved - page.capacity;
  CountFree(kUntouched, untouched, untouched * page.block_size);
  if (live == 0) return;
  for (uint64_t& word : free_) word = ~word;
  if (page.capacity % 64 != 0) free_.back() &= (uint64_t{1} << page.capacity % 64) - 1;
  heap_.live_blocks += live;
  heap_.live_bytes += live * page.block_size;
  sink_({.start = page.start,
         .stride = page.block_size,
         .usable = page.block_size,
         .count = page.capacity,
         .live = free_});
}

PageWalk::Lists PageWalk::ReadLists(const Page& page) {
  Lists lists;
  free_.assign((page.capacity + 63) / 64, 0);
  lists.own = Follow(page, page.free, &lists.torn) + Follow(page, page.local_free, &lists.torn);
  lists.other_threads = Follow(page, page.thread_free, &lists.torn);
  return lists;
}

// Marks the blocks of a list; returns how many. A block that is marked already ends it.
uint64_t PageWalk::Follow(const Page& page, Address block, bool* torn) {
  uint64_t count = 0;
  while (!block.is_null()) {
    std::optional<uint64_t> index = page.IndexOf(block);
    uint64_t bit = uint64_t{1} << index.value_or(0) % 64;
    if (!index.has_value() || (free_[*index / 64] & bit) != 0) {
      *torn = true;
      return count;
    }
    free_[*index / 64] |= bit;
    ++count;
    std::optional<uint64_t> link = ReadLink(page, block);
    if (!link.has_value()) {
      *torn = true;
      return count;
    }
    block = page.keys.Decode(*link);
  }
  return count;
}

std::optional<uint64_t> PageWalk::ReadLink(const Page& page, Address block) {
  if (page.block_size <= kSmallBlock) {
    std::span<const uint8_t> bytes = window_.View(page.start, page.capacity * page.block_size);
    uint64_t at = block - page.start;
    if (at + kWord <= bytes.size()) return WordAt(bytes, at);
  }
  return ReadWord(memory_, block);
}

uint64_t PageWalk::TakeDelayed(const Page& page) {
  uint64_t taken = 0;
  for (; !delayed_.empty() && delayed_.front() < page.span.end; delayed_ = delayed_.subspan(1)) {
    std::optional<uint64_t> index = page.IndexOf(delayed_.front());
    uint64_t bit = uint64_t{1} << index.value_or(0) % 64;
    if (!index.has_value() || (free_[*index / 64] & bit) != 0) {
      ++torn_delayed_;
      continue;
    }
    free_[*index / 64] |= bit;
    ++taken;
  }
  return taken;
}

void PageWalk::CountFree(Free kind, uint64_t blocks, uint64_t bytes) {
  heap_.free[kind].blocks += blocks;
  heap_.free[kind].bytes += bytes;
}

}  // namespace seep::mimalloc
