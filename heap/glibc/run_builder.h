// Joins live blocks that lie in a row and are of one size.
#pragma once

#include "heap/allocator_walker.h"
#include "heap/glibc/chunk_reader.h"

namespace seep::glibc {

class RunBuilder {
 public:
  // `walked`: where what is handed out is counted.
  RunBuilder(RunSink sink, WalkedHeap* walked) : sink_(sink), walked_(walked) {}

  // A live chunk of an arena: what it costs is its size; the next chunk's prev_size is part of the
  // block, and its own header is not.
  void Add(const ChainedChunk& chunk) {
    if (run_.count > 0 && chunk.size == run_.stride &&
        chunk.user() == run_.start + run_.count * run_.stride) {
      ++run_.count;
      return;
    }
    Flush();
    run_.start = chunk.user();
    run_.stride = chunk.size;
    run_.usable = chunk.size - 8;
    run_.count = 1;
  }

  // A live block with its own mapping.
  void AddAlone(const MmappedChunk& chunk, uint64_t overhead) {
    Flush();
    run_.start = chunk.at + kHeader;
    run_.stride = chunk.mapping.size();
    run_.usable = chunk.size - overhead;
    run_.count = 1;
    Flush();
  }

  void Flush() {
    if (run_.count == 0) return;
    walked_->live_blocks += run_.count;
    walked_->live_bytes += run_.count * run_.usable;
    walked_->rounding_bytes += run_.count * (run_.stride - run_.usable);
    sink_(run_);
    run_.count = 0;
  }

 private:
  RunSink sink_;
  WalkedHeap* walked_;
  BlockRun run_;
};

}  // namespace seep::glibc
