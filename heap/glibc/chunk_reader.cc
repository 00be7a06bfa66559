#include "heap/glibc/chunk_reader.h"

#include <algorithm>
#include <cstring>

namespace seep::glibc {
namespace {

constexpr uint64_t kViewBytes = MemoryWindow::kDefaultBytes;
// Words that look like this many chunks in a row by chance are the image of a heap.
constexpr int kConvincingChunks = 16;

// As malloc's memory does, fenceposts included.
bool EndsAtPage(Address end) { return end.value() % kPage == 0; }

}  // namespace

ChunkReader::ChunkReader(MemoryWindow& window, const Memory& memory, const Piece& piece,
                         WalkBudget& budget)
    : window_(window),
      memory_(memory),
      piece_(piece),
      budget_(budget),
      at_(piece.range.begin),
      stretch_begin_(piece.range.begin) {}

bool ChunkReader::Begins() {
  RefreshTop();
  std::optional<ChunkHead> head = HeadAt(at_);
  return head.has_value() && head->prev_in_use() && (at_ == top_ || IsPlausible(at_, *head)) &&
         ChainRunsFrom(at_);
}

std::span<const ChainedChunk> ChunkReader::Next() {
  batch_.clear();
  while (!done_ && batch_.empty()) ReadBatch();
  return batch_;
}

// Flattened: its loop runs once for each chunk of the heap.
[[gnu::flatten]] void ChunkReader::ReadBatch() {
  RefreshTop();
  view_begin_ = at_;
  uint64_t rest = piece_.range.end - at_;
  view_ = {};
  if (!reread_) view_ = window_.View(at_, std::min(rest, kViewBytes));
  ChainedChunk chunk;
  Step step = StepAt(at_, &chunk);
  for (; step == Step::kChunk; step = StepAt(at_, &chunk)) {
    batch_.push_back(chunk);
    at_ = chunk.at + chunk.size;
    reread_ = false;
  }
  // Leaving moves the window: not while the batch is looked at.
  if (batch_.empty()) Leave(step);
}

// In a process that runs, top moves on while we come near it.
void ChunkReader::RefreshTop() {
  Address top(ReadWord(memory_, piece_.top_field).value_or(0));
  if (top == top_) return;
  top_ = top;
  if (top < piece_.range.begin || top >= piece_.may_grow_to) return;
  uint64_t size = ReadWord(memory_, top + 8).value_or(0) & ~uint64_t{7};
  if (size <= piece_.may_grow_to - top) {
    piece_.range.end = std::max(piece_.range.end, top + size);
  }
}

// What is out of view is read alone, but only for the first of a batch.
std::optional<ChunkHead> ChunkReader::HeadAt(Address at) const {
  ChunkHead head;
  uint64_t offset = at - view_begin_;
  if (view_.size() >= sizeof(head) && offset <= view_.size() - sizeof(head)) {
    std::memcpy(&head, view_.data() + offset, sizeof(head));
    return head;
  }
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(&head), sizeof(head));
  if (!batch_.empty() || memory_.Read(at, bytes) != sizeof(head)) return std::nullopt;
  return head;
}

bool ChunkReader::IsPlausible(Address at, const ChunkHead& head) const {
  bool before_top = at < top_ && top_ < piece_.range.end;
  Address last = before_top ? top_ : piece_.range.end - kHeader;
  return !head.mmapped() && head.size() % kAlignment == 0 && head.size() >= kMinChunk &&
         at < last && head.size() <= last - at && !(piece_.is_main && head.non_main());
}

ChunkReader::Step ChunkReader::StepAt(Address at, ChainedChunk* chunk) const {
  if (at == top_) return Step::kTop;
  std::optional<ChunkHead> head = HeadAt(at);
  if (!head.has_value()) return batch_.empty() ? Step::kBad : Step::kOutOfView;
  if (head->head == 1) return EndsAtPage(at + kHeader) ? Step::kFencepost : Step::kBad;
  bool closing = head->is_fencepost();
  if (!closing && !IsPlausible(at, *head)) return Step::kBad;

  Address after = at + head->size();
  std::optional<ChunkHead> next = HeadAt(after);
  if (!next.has_value()) return batch_.empty() ? Step::kBad : Step::kOutOfView;
  if (closing) {
    bool at_end = EndsAtPage(after + kHeader) || EndsAtPage(after + 2 * kHeader);
    return next->is_last_fencepost() && at_end ? Step::kFencepost : Step::kBad;
  }
  bool in_use = next->prev_in_use();
  if (!in_use && next->prev_size != head->size()) return Step::kBad;
  if (after != top_ && !next->is_fencepost() && !IsPlausible(after, *next)) return Step::kBad;
  // A top too small to be freed is left as a chunk of no arena before the last fencepost.
  if (!piece_.is_main && in_use && !head->non_main() && next->head == 1) return Step::kFencepost;
  *chunk = {at, head->size(), in_use, 0};
  if (!in_use) chunk->fd = HeadAt(chunk->user()).value_or(ChunkHead{}).prev_size;
  return Step::kChunk;
}

void ChunkReader::Leave(Step reason) {
  if (reason == Step::kTop) {
    notes_.top_bytes = ReadWord(memory_, top_ + 8).value_or(0) & ~uint64_t{7};
    notes_.top_bytes = std::min(notes_.top_bytes, piece_.range.end - top_);
    FinishAt(top_ + notes_.top_bytes);
    done_ = true;
  } else if (reason == Step::kFencepost) {
    LeaveFenceposts();
  } else if (!reread_) {
    reread_ = true;
  } else {
    reread_ = false;
    ++notes_.torn;
    FinishAt(at_);
    done_ = piece_.ends_at_damage;
    notes_.skipped_bytes += kAlignment;
    if (!done_) TakeUpAgain(at_ + kAlignment, &notes_.skipped_bytes);
  }
}

// In the main arena they are two, or three where top was so small that what is left of it is one.
void ChunkReader::LeaveFenceposts() {
  Address end = at_ + HeadAt(at_).value_or(ChunkHead{}).size() + kHeader;
  if (!EndsAtPage(end)) end = end + kHeader;
  notes_.fencepost_bytes += end - at_;
  FinishAt(end);
  done_ = !piece_.may_have_gaps;
  if (!done_) TakeUpAgain(end, &notes_.gap_bytes);
}

void ChunkReader::FinishAt(Address end) {
  if (end > stretch_begin_) stretches_.push_back({stretch_begin_, end});
}

// Goes on at the first place from which a chain runs, or ends.
void ChunkReader::TakeUpAgain(Address from, uint64_t* skipped) {
  view_ = {};  // of a window that moves now
  Address at = from;
  while (at < piece_.range.end && piece_.range.end - at >= kMinChunk &&
         !budget_.trials.exhausted() && !budget_.absent_pages.exhausted()) {
    std::span<const uint8_t> view = window_.View(at, std::min(piece_.range.end - at, kViewBytes));
    ChunkHead head;
    if (view.size() < sizeof(head)) {
      Address next_page((at.value() / kPage + 1) * kPage);
      notes_.absent_bytes += next_page - at;
      at = next_page;
      budget_.absent_pages.Spend();
      continue;
    }
    for (uint64_t i = 0; i + sizeof(head) <= view.size(); i += kAlignment, at = at + kAlignment) {
      std::memcpy(&head, view.data() + i, sizeof(head));
      if (at != top_ && !(head.prev_in_use() && IsPlausible(at, head))) continue;
      if (!budget_.trials.Spend()) break;
      if (!ChainRunsFrom(at)) continue;
      *skipped += at - from;
      at_ = stretch_begin_ = at;
      return;
    }
  }
  *skipped += piece_.range.end - std::min(from, piece_.range.end);
  done_ = true;
}

bool ChunkReader::ChainRunsFrom(Address at) const {
  for (int i = 0; i < kConvincingChunks; ++i) {
    ChainedChunk chunk;
    Step step = StepAt(at, &chunk);
    if (step != Step::kChunk) return step == Step::kTop || step == Step::kFencepost;
    at = at + chunk.size;
  }
  return true;
}

}  // namespace seep::glibc
