// Goes along a chain of chunks, in batches that lie within one filling of the window: who looks at
// a batch's blocks through the same window reads nothing again.
//
//   ┌ chunk ┐┌ chunk ────┐┌ chunk ──────────────────────…─┐┌ chunk
//   │◄──────── one View, 256 KiB ────────►│                 header read alone, then the next View
//   └─── batch ──────────┘└── batch of one ────────────────┘
//
// Nothing is believed: a chunk is handed out only when its header and the next one's agree. Where
// they do not, the chain is taken up again at the next place from which it runs on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "heap/glibc/structures.h"
#include "heap/glibc/walk_budget.h"
#include "heap/memory.h"
#include "heap/memory_window.h"

namespace seep::glibc {

struct ChainedChunk {
  Address at;
  uint64_t size = 0;
  bool in_use = false;  // by the program, a thread's cache or a fast bin
  uint64_t fd = 0;      // of a free one: the next in its bin

  Address user() const { return at + kHeader; }
};

// A stretch of chunks of one arena: a heap, or a part of the main arena.
struct Piece {
  AddressRange range;  // the first chunk to the end of the last header or of top
  bool is_main = false;
  Address top_field;            // where the arena keeps `top`
  bool may_have_gaps = false;   // the program may have called sbrk itself
  bool ends_at_damage = false;  // else the chain is taken up again
  Address may_grow_to = {};     // with top, in a process that runs; null: not at all
};

// What was met beside chunks.
struct ChainNotes {
  uint64_t torn = 0;           // headers that did not fit together, also when read once more
  uint64_t skipped_bytes = 0;  // until the chain could be taken up again
  uint64_t absent_bytes = 0;   // of these: could not be read
  uint64_t gap_bytes = 0;      // between fenceposts and the next chunk: not malloc's
  uint64_t fencepost_bytes = 0;
  uint64_t top_bytes = 0;
};

class ChunkReader {
 public:
  // `window` reads `memory`; all must outlive this.
  ChunkReader(MemoryWindow& window, const Memory& memory, const Piece& piece, WalkBudget& budget);

  // Does the piece begin with a chunk, and do the next ones follow?
  bool Begins();

  // The next chunks, at least one; empty at the end. Valid until the next call.
  std::span<const ChainedChunk> Next();

  const ChainNotes& notes() const { return notes_; }
  // Malloc's stretches so far, without gaps and what was skipped.
  const std::vector<AddressRange>& stretches() const { return stretches_; }

 private:
  enum class Step { kChunk, kOutOfView, kTop, kFencepost, kBad };

  void RefreshTop();
  std::optional<ChunkHead> HeadAt(Address at) const;
  bool IsPlausible(Address at, const ChunkHead& head) const;
  Step StepAt(Address at, ChainedChunk* chunk) const;
  void ReadBatch();
  void Leave(Step reason);
  void LeaveFenceposts();
  void FinishAt(Address end);
  void TakeUpAgain(Address from, uint64_t* skipped);
  bool ChainRunsFrom(Address at) const;

  MemoryWindow& window_;
  const Memory& memory_;
  Piece piece_;
  WalkBudget& budget_;
  Address top_;
  Address at_;  // of the next chunk
  Address stretch_begin_;
  bool done_ = false;
  bool reread_ = false;  // at_ was tried twice
  Address view_begin_;
  std::span<const uint8_t> view_;
  std::vector<ChainedChunk> batch_;
  ChainNotes notes_;
  std::vector<AddressRange> stretches_;
};

}  // namespace seep::glibc
