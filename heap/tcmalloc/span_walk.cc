#include "heap/tcmalloc/span_walk.h"

#include <algorithm>
#include <array>

#include "heap/tcmalloc/central_lists.h"
#include "heap/tcmalloc/ranges.h"

namespace seep::tcmalloc {
namespace {

constexpr uint64_t kPage = 4096;

void Add(FreeBlocks& free, uint64_t blocks, uint64_t bytes) {
  free.blocks += blocks;
  free.bytes += bytes;
}

}  // namespace

SpanWalk::SpanWalk(const Memory& memory, const Heap& heap, MemoryWindow& window, RunSink sink)
    : memory_(memory),
      heap_(heap),
      window_(window),
      sink_(sink),
      map_(memory, heap.shape, heap.root),
      small_(heap.classes),
      spans_by_class_(heap.classes.count()) {}

WalkedHeap SpanWalk::Run() {
  std::vector<uint64_t> before = CountSpans(memory_, heap_.classes, heap_.central);
  cached_ = ReadCachedBlocks(memory_, heap_, &walked_.dropped);
  map_.ForEach([this](const Span& span) { Visit(span); }, &walked_.dropped);
  CheckCounts(before, CountSpans(memory_, heap_.classes, heap_.central));
  Finish();
  return std::move(walked_);
}

void SpanWalk::Visit(const Span& span) {
  metadata_pages_.insert(span.address.value() / kPage);
  uint64_t bytes = span.length << heap_.classes.page_shift;
  if (span.location == Span::kInUse && span.size_class != 0) {
    bool sound = span.size_class < heap_.classes.count() &&
                 span.length == heap_.classes.pages[span.size_class];
    if (!sound) {
      ++bad_spans_;
      return;
    }
    AddToHeap(span);
    VisitSmall(span);
    return;
  }
  AddToHeap(span);
  if (span.location == Span::kInUse) {
    VisitLarge(span);
  } else {
    Add(span.location == Span::kNormal ? normal_ : returned_, 1, bytes);
  }
}

void SpanWalk::AddToHeap(const Span& span) {
  Address begin(span.start << heap_.classes.page_shift);
  Address end = begin + (span.length << heap_.classes.page_shift);
  if (!walked_.heap.empty() && walked_.heap.back().end == begin) {
    walked_.heap.back().end = end;
  } else {
    walked_.heap.push_back({begin, end});
  }
}

// The cached blocks of this range; those before it lie in no span of their class.
std::span<const CachedBlock> SpanWalk::TakeCached(AddressRange range) {
  const std::vector<CachedBlock>& blocks = cached_.blocks;
  while (next_cached_ < blocks.size() && blocks[next_cached_].address() < range.begin) {
    ++next_cached_;
    ++stray_;
  }
  size_t first = next_cached_;
  while (next_cached_ < blocks.size() && blocks[next_cached_].address() < range.end) ++next_cached_;
  return std::span(blocks).subspan(first, next_cached_ - first);
}

void SpanWalk::VisitSmall(const Span& span) {
  ++spans_by_class_[span.size_class];
  Address begin(span.start << heap_.classes.page_shift);
  uint64_t bytes = heap_.classes.span_bytes(span.size_class);
  std::span<const CachedBlock> cached = TakeCached({begin, begin + bytes});
  small_.Reset(span);
  for (const CachedBlock& block : cached) stray_ += !small_.AddCached(block);
  bool agrees = AddListed(begin, bytes);
  if (!agrees) torn_ += !LookAgain(span, cached);
  small_.Finish();
  CountSmall();
  EmitSmall();
}

// Mostly in one look at the whole span. A large block inside of it may never have been touched:
// then memory is absent there, and each link is looked for by itself.
bool SpanWalk::AddListed(Address begin, uint64_t bytes) {
  std::span<const uint8_t> all;
  if (small_.needs_bytes()) all = window_.View(begin, bytes);
  if (all.size() < bytes) {
    return small_.AddListed([&](Address block) { return window_.Get<uint64_t>(block); });
  }
  return small_.AddListed(
      [&](Address block) { return std::optional(Load<uint64_t>(&all[block - begin])); });
}

// Reads the Span and its blocks anew, past the window.
bool SpanWalk::LookAgain(const Span& span, std::span<const CachedBlock> cached) {
  std::array<uint8_t, Span::kBytes> words;
  if (memory_.Read(span.address, words) != words.size()) return false;
  Span fresh = Span::Parse(span.address, words.data());
  bool same = fresh.start == span.start && fresh.length == span.length &&
              fresh.size_class == span.size_class && fresh.location == span.location;
  if (!same) return false;
  small_.Reset(fresh);
  for (const CachedBlock& block : cached) small_.AddCached(block);
  return small_.AddListed([&](Address block) { return ReadWord(memory_, block); });
}

void SpanWalk::CountSmall() {
  uint64_t block = small_.block_bytes();
  Add(in_spans_, small_.listed(), small_.listed() * block);
  Add(in_threads_, small_.in_threads(), small_.in_threads() * block);
  Add(in_transfer_, small_.in_transfer(), small_.in_transfer() * block);
  uint64_t tail = small_.span_bytes() - small_.capacity() * block;
  Add(tails_, tail > 0, tail);
  walked_.live_blocks += small_.live();
  walked_.live_bytes += small_.live() * block;
  walked_.discrepancy += small_.discrepancy();
}

void SpanWalk::EmitSmall() {
  if (small_.live() == 0) return;
  BlockRun run{.start = small_.start(),
               .stride = small_.block_bytes(),
               .usable = small_.block_bytes(),
               .count = small_.capacity(),
               .live = {}};
  if (small_.live() < small_.capacity()) run.live = small_.live_bits();
  sink_(run);
}

bool SpanWalk::ReadTrace(const Span& span, uint64_t span_bytes, StackTrace& trace) const {
  std::span<uint8_t> words(reinterpret_cast<uint8_t*>(&trace), sizeof(trace));
  return memory_.Read(Address(span.objects), words) == words.size() && trace.is_sound(span_bytes);
}

// A sampled block begins its span, too, and its StackTrace says what was asked for, and by whom.
void SpanWalk::VisitLarge(const Span& span) {
  uint64_t bytes = span.length << heap_.classes.page_shift;
  BlockRun run{.start = Address(span.start << heap_.classes.page_shift),
               .stride = bytes,
               .usable = bytes,
               .count = 1,
               .live = {}};
  StackTrace trace;
  if (span.sampled) {
    if (ReadTrace(span, bytes, trace)) {
      run.usable = trace.requested;
      run.requested_is_known = true;
      run.stack = std::span(trace.stack).first(trace.depth);
      run.deepest_stack = StackTrace::kMaxDepth;
      run.unsampled_usable =
          trace.requested <= kLargestSmall ? heap_.classes.rounded(trace.requested) : bytes;
      metadata_pages_.insert(span.objects / kPage);
    } else {
      ++traces_unknown_;
    }
  }
  ++walked_.live_blocks;
  walked_.live_bytes += run.usable;
  walked_.rounding_bytes += run.stride - run.usable;
  sink_(run);
}

// The central lists count their spans: were all of them in the page map? The target may make and
// free some meanwhile, so that only what is missing from both counts is said to be missing.
void SpanWalk::CheckCounts(const std::vector<uint64_t>& before,
                           const std::vector<uint64_t>& after) {
  uint64_t missing = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    uint64_t counted = std::min(before[i], after[i]);
    if (counted > spans_by_class_[i]) missing += counted - spans_by_class_[i];
  }
  if (missing > 0) {
    walked_.dropped.push_back(
        {"spans", missing, "central lists count them, the page map has none"});
  }
}

void SpanWalk::Finish() {
  stray_ += cached_.blocks.size() - next_cached_;
  if (torn_ > 0) {
    walked_.dropped.push_back({"span free lists", torn_, "do not agree with refcount, or damaged"});
  }
  if (bad_spans_ > 0) {
    walked_.dropped.push_back({"spans", bad_spans_, "class and length do not agree"});
  }
  if (stray_ > 0) {
    walked_.dropped.push_back({"cached blocks", stray_, "lie in no span of their size class"});
  }
  if (traces_unknown_ > 0) {
    walked_.dropped.push_back(
        {"sampled blocks", traces_unknown_, "requested size and call stack not found"});
  }
  walked_.free = {in_spans_, in_threads_, in_transfer_, normal_, returned_, tails_};
  std::vector<AddressRange> metadata = map_.LeafRanges();
  metadata.insert(metadata.end(), cached_.thread_caches.begin(), cached_.thread_caches.end());
  for (uint64_t page : metadata_pages_) {
    metadata.push_back({Address(page * kPage), Address((page + 1) * kPage)});
  }
  walked_.metadata = Without(Normalized(std::move(metadata)), walked_.heap);
}

}  // namespace seep::tcmalloc
