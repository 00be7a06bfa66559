#include "heap/memory_window.h"

#include <algorithm>

namespace seep {
namespace {

constexpr uint64_t kPage = 4096;  // the smallest of any machine: holes are no smaller

}  // namespace

MemoryWindow::MemoryWindow(const Memory& memory, size_t bytes) : memory_(memory), buffer_(bytes) {}

std::span<const uint8_t> MemoryWindow::View(Address from, size_t size) {
  bool inside = begin_ <= from && from - begin_ <= held_ && held_ - (from - begin_) >= size;
  if (!inside) {
    if (hole_.contains(from)) return {};
    Fill(from, size);
  }
  size_t at = from - begin_;
  return {buffer_.data() + at, std::min(size, held_ - at)};
}

void MemoryWindow::Fill(Address from, size_t size) {
  if (size > buffer_.size()) buffer_.resize(size);
  // Nothing lies beyond the last address.
  size_t wanted = std::min<uint64_t>(buffer_.size(), ~from.value());
  begin_ = from;
  held_ = memory_.Read(from, std::span(buffer_).first(wanted));
  bytes_read_ += held_;
  if (held_ == wanted) return;
  Address gap = from + held_;
  hole_ = {gap, Address((gap.value() / kPage + 1) * kPage)};
}

}  // namespace seep
