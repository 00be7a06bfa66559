// The blocks of one span with a size class: which are free, and whether two ways of counting agree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "heap/memory_window.h"
#include "heap/tcmalloc/cached_blocks.h"
#include "heap/tcmalloc/layout.h"

namespace seep::tcmalloc {

class SmallSpan {
 public:
  explicit SmallSpan(const SizeClasses& classes) : classes_(classes) {}

  // Starts with a span none of whose blocks is free. Its class and length must be sound.
  void Reset(const Span& span);

  // False: no block of this span begins there.
  bool AddCached(const CachedBlock& block);

  // Follows the span's own list, which never leaves it; `link` reads the first word of a block, or
  // nothing. False: the list is damaged or changed meanwhile: it leads out of the span, or in a
  // circle, or its length does not agree with refcount. What was found on it counts as free.
  using LinkReader = absl::FunctionRef<std::optional<uint64_t>(Address)>;
  bool AddListed(LinkReader link);
  bool needs_bytes() const { return span_.objects != 0; }

  // To be called once, last. A block that is both cached and listed was on its way: it counts as
  // cached.
  void Finish();

  Address start() const { return Address(span_.start << classes_.page_shift); }
  uint32_t block_bytes() const { return block_bytes_; }
  uint32_t capacity() const { return capacity_; }
  uint64_t span_bytes() const { return classes_.span_bytes(span_.size_class); }
  uint32_t cached() const { return in_threads_ + in_transfer_; }
  uint32_t in_threads() const { return in_threads_; }
  uint32_t in_transfer() const { return in_transfer_; }

  // After Finish.
  uint32_t listed() const { return listed_count_; }
  uint32_t live() const { return live_count_; }
  std::span<const uint64_t> live_bits() const { return live_; }
  // capacity − free, against refcount − cached.
  uint32_t discrepancy() const;

 private:
  // The number of the block that begins there, or capacity().
  uint32_t IndexOf(uint64_t address) const;

  const SizeClasses& classes_;
  Span span_;
  uint32_t block_bytes_ = 0;
  uint32_t capacity_ = 0;
  uint32_t in_threads_ = 0;
  uint32_t in_transfer_ = 0;
  uint32_t listed_count_ = 0;
  uint32_t live_count_ = 0;
  std::vector<uint64_t> cached_;  // a bit for each block
  std::vector<uint64_t> listed_;
  std::vector<uint64_t> live_;
};

}  // namespace seep::tcmalloc
