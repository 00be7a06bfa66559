#include "heap/tcmalloc/small_span.h"

#include <bit>

namespace seep::tcmalloc {
namespace {

bool SetBit(std::vector<uint64_t>& bits, uint32_t i) {
  uint64_t mask = uint64_t{1} << (i % 64);
  bool was_set = (bits[i / 64] & mask) != 0;
  bits[i / 64] |= mask;
  return !was_set;
}

}  // namespace

void SmallSpan::Reset(const Span& span) {
  span_ = span;
  block_bytes_ = classes_.bytes[span.size_class];
  capacity_ = classes_.capacity(span.size_class);
  in_threads_ = in_transfer_ = listed_count_ = 0;
  size_t words = (capacity_ + 63) / 64;
  cached_.assign(words, 0);
  listed_.assign(words, 0);
}

uint32_t SmallSpan::IndexOf(uint64_t address) const {
  uint64_t offset = address - start().value();
  if (offset >= uint64_t{capacity_} * block_bytes_) return capacity_;  // before it, too
  auto small = static_cast<uint32_t>(offset);  // a 64-bit division costs three times as much
  return small % block_bytes_ == 0 ? small / block_bytes_ : capacity_;
}

bool SmallSpan::AddCached(const CachedBlock& block) {
  uint32_t i = IndexOf(block.address().value());
  if (i == capacity_ || block.size_class() != span_.size_class) return false;
  SetBit(cached_, i);
  ++(block.in_transfer() ? in_transfer_ : in_threads_);
  return true;
}

bool SmallSpan::AddListed(LinkReader link) {
  uint32_t count = 0;
  for (uint64_t block = span_.objects; block != 0; ++count) {
    uint32_t i = IndexOf(block);
    if (i == capacity_ || !SetBit(listed_, i)) return false;
    std::optional<uint64_t> next = link(Address(block));
    if (!next.has_value()) return false;
    block = *next;
  }
  return count + span_.refcount == capacity_;
}

void SmallSpan::Finish() {
  live_.assign(listed_.size(), 0);
  live_count_ = 0;
  for (size_t word = 0; word < listed_.size(); ++word) {
    listed_[word] &= ~cached_[word];
    listed_count_ += static_cast<uint32_t>(std::popcount(listed_[word]));
    uint64_t blocks = ~uint64_t{0};
    if (word + 1 == listed_.size() && capacity_ % 64 != 0) blocks >>= 64 - capacity_ % 64;
    live_[word] = blocks & ~listed_[word] & ~cached_[word];
    live_count_ += static_cast<uint32_t>(std::popcount(live_[word]));
  }
}

uint32_t SmallSpan::discrepancy() const {
  auto by_refcount = static_cast<int64_t>(span_.refcount) - cached();
  int64_t difference = by_refcount - live_count_;
  return static_cast<uint32_t>(difference < 0 ? -difference : difference);
}

}  // namespace seep::tcmalloc
