// A lock-free dictionary: finds the record equal to a key, or appends it once.
//
//   cells:   [ …  | hash:32 | id:32 |  0  | … ]   open addressing, linear, bounded probes
//                              │
//   records: [ 0 | 1 | 2 | … | id | … ]           the owner's array, append-only
//
// A record is filled first (and mirrored by its owner) and published by one compare-and-swap of its
// cell. Two threads that add the same key at once both fill a record; the loser's stays unpublished
// and unused. Nothing waits, so it may be used in signal handlers and is whole after fork.
#pragma once

#include <atomic>
#include <cstdint>

namespace seep::profiler {

template <uint32_t kCapacity, uint32_t kCells>
class Interner {
  static_assert((kCells & (kCells - 1)) == 0 && kCells >= 2 * kCapacity);

 public:
  static constexpr uint32_t kFull = 0;  // id 0 is reserved by every owner

  // equal(id) compares a published record with the key; fill(id) makes a new one and returns false
  // if it could not. Returns kFull when there is no room.
  template <typename Equal, typename Fill>
  uint32_t FindOrAdd(uint64_t hash, Equal equal, Fill fill) {
    uint32_t mine = 0;
    for (uint32_t i = 0; i < kMaxProbes; ++i) {
      std::atomic<uint64_t>& cell = cells_[(hash + i) & (kCells - 1)];
      uint64_t content = cell.load(std::memory_order_acquire);
      if (content == 0) {
        if (mine == 0) {
          mine = Allocate();
          if (mine == 0 || !fill(mine)) return kFull;
        }
        if (cell.compare_exchange_strong(content, Cell(hash, mine), std::memory_order_acq_rel,
                                         std::memory_order_acquire)) {
          return mine;
        }
      }
      if ((content >> 32) == (hash >> 32) && equal(static_cast<uint32_t>(content))) {
        return static_cast<uint32_t>(content);
      }
    }
    return kFull;
  }

  // Records 1..used()-1 have been handed out; not all of them need be published.
  uint32_t used() const {
    uint32_t used = allocated_.load(std::memory_order_acquire) + 1;
    return used < kCapacity ? used : kCapacity;
  }

  // Forgets everything. Only while nobody else uses it.
  void Reset() {
    allocated_ = 0;
    for (auto& cell : cells_) {
      if (cell.load(std::memory_order_relaxed) != 0) cell = 0;
    }
  }

 private:
  static constexpr uint32_t kMaxProbes = 256;

  static uint64_t Cell(uint64_t hash, uint32_t id) { return (hash & 0xFFFF'FFFF'0000'0000u) | id; }

  uint32_t Allocate() {
    if (allocated_.load(std::memory_order_relaxed) >= kCapacity) return 0;
    uint32_t id = allocated_.fetch_add(1, std::memory_order_acq_rel) + 1;
    return id < kCapacity ? id : 0;
  }

  std::atomic<uint32_t> allocated_;  // all zeros at first: tables lie in .bss
  std::atomic<uint64_t> cells_[kCells];
};

}  // namespace seep::profiler
