// A small gperftools heap made by hand, in each of the layouts that releases and build options
// have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heap/target.h"
#include "tests/heap/sparse_memory.h"

namespace seep::testing {

struct TcmallocLayout {
  uint32_t page_shift = 13;
  uint32_t room = 128;       // for size classes: 96 up to 2.7
  uint32_t slots = 64;       // of the transfer cache; 0 with TCMALLOC_SMALL_BUT_SLOW
  uint32_t levels = 2;       // of the page map; 3 with TCMALLOC_SMALL_BUT_SLOW
  uint64_t next = 48;        // of ThreadCache::next_ behind its lists; 32 since 2.16
  uint64_t after_pages = 0;  // bytes before num_size_classes; 8 since 2.11
};

class TcmallocHeap {
 public:
  explicit TcmallocHeap(const TcmallocLayout& layout = {});

  // 1: 8 bytes, 2: 16, 3: 48, 4: 1024, 5: 262144.
  static constexpr uint32_t kClasses = 6;
  static constexpr uint64_t kBytes[kClasses] = {0, 8, 16, 48, 1024, 262144};

  // Spans; the page map gets them. They return the address of the Span.
  uint64_t AddSmall(uint64_t page, uint32_t size_class);  // all blocks in use
  uint64_t AddLarge(uint64_t page, uint64_t pages, uint64_t location = 0);
  uint64_t AddSampled(uint64_t page, uint64_t pages, uint64_t requested);
  // Pages of a span of this class.
  uint64_t PagesOf(uint32_t size_class) const;
  uint64_t Capacity(uint32_t size_class) const;
  uint64_t Block(uint64_t page, uint32_t size_class, uint64_t i) const {
    return (page << layout_.page_shift) + i * kBytes[size_class];
  }

  // Puts blocks of a span on its own list.
  void FreeToSpan(uint64_t span, const std::vector<uint64_t>& blocks);
  // A ThreadCache, linked with those before. Returns its address.
  uint64_t AddThread();
  void FreeToThread(uint64_t thread, uint32_t size_class, const std::vector<uint64_t>& blocks);
  // One chain; as many as there go into one.
  void FreeToTransfer(uint32_t size_class, const std::vector<uint64_t>& blocks);
  static constexpr uint32_t kChain = 4;

  // Memory taken from the system, noted before what was noted earlier. Returns the record's
  // address.
  uint64_t AddGrowth(uint64_t bytes, const std::vector<uint64_t>& stack);
  static constexpr uint64_t kCode = 0x500000;
  static constexpr uint64_t kGrowthStacks = 0x600000 + 0x200;  // the variable

  void SetEntry(uint64_t page, uint64_t span);
  uint64_t NewSpan(uint64_t page, uint64_t pages);
  void SetBits(uint64_t span, uint64_t refcount, uint64_t size_class, uint64_t location,
               bool sampled = false);

  Target target() const;
  SparseMemory& memory() { return memory_; }

 private:
  static constexpr uint64_t kData = 0x600000;  // the module's
  static constexpr uint64_t kThreads = kData + 0x100;
  static constexpr uint64_t kSizes = kData + 0x1404;
  static constexpr uint64_t kCentral = kData + 0x4020;
  static constexpr uint64_t kRoot = kData + 0x40008;

  uint64_t Allocate(uint64_t bytes);
  uint32_t RootBits() const;
  uint64_t DataBytes() const { return kRoot - kData + (8 << RootBits()) + 4096; }
  uint64_t CentralStride() const { return (128 + 16 * layout_.slots + 12 + 63) / 64 * 64; }
  void MakeTables();
  void MakeCentralLists();
  void Chain(const std::vector<uint64_t>& blocks);

  TcmallocLayout layout_;
  SparseMemory memory_;
  uint64_t metadata_ = 0x20000000;
  std::vector<uint64_t> threads_;
};

}  // namespace seep::testing
