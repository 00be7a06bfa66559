#include "profiler/live_index.h"

namespace seep::profiler {

std::atomic<uint8_t> g_filter[1 << kFilterBits];

namespace {

constexpr uint32_t kBucketBits = 14;
constexpr uint32_t kCellsPerBucket = 8;
constexpr uint32_t kSlotBits = 20;

struct alignas(64) Bucket {
  std::atomic<uint64_t> cells[kCellsPerBucket];
};
constinit Bucket g_buckets[1 << kBucketBits]{};

uint64_t CellOf(uintptr_t p, uint32_t slot) { return (uint64_t{p} >> 3) << kSlotBits | slot; }

// Two independent buckets from one hash; the second is never the first.
Bucket* BucketOf(uintptr_t p, int choice) {
  uint64_t hash = HashPointer(p);
  uint64_t first = (hash >> 24) & ((1 << kBucketBits) - 1);
  uint64_t step = ((hash >> 40) & ((1 << kBucketBits) - 1)) | 1;
  return &g_buckets[(first + (choice == 0 ? 0 : step)) & ((1 << kBucketBits) - 1)];
}

void FilterAdd(uintptr_t p) {
  std::atomic<uint8_t>& counter = g_filter[HashPointer(p) >> (64 - kFilterBits)];
  uint8_t value = counter.load(std::memory_order_relaxed);
  while (value != 255 && !counter.compare_exchange_weak(value, static_cast<uint8_t>(value + 1),
                                                        std::memory_order_relaxed)) {
  }
}

void FilterRemove(uintptr_t p) {
  std::atomic<uint8_t>& counter = g_filter[HashPointer(p) >> (64 - kFilterBits)];
  uint8_t value = counter.load(std::memory_order_relaxed);
  while (value != 255 && value != 0 &&
         !counter.compare_exchange_weak(value, static_cast<uint8_t>(value - 1),
                                        std::memory_order_relaxed)) {
  }
}

uint32_t Load(const Bucket* bucket) {
  uint32_t used = 0;
  for (const auto& cell : bucket->cells) used += cell.load(std::memory_order_relaxed) != 0;
  return used;
}

bool InsertInto(Bucket* bucket, uint64_t content) {
  for (auto& cell : bucket->cells) {
    uint64_t empty = 0;
    if (cell.load(std::memory_order_relaxed) == 0 &&
        cell.compare_exchange_strong(empty, content, std::memory_order_release)) {
      return true;
    }
  }
  return false;
}

}  // namespace

IndexResult IndexInsert(uintptr_t p, uint32_t slot) {
  if ((uint64_t{p} >> 47) != 0 || (p & 7) != 0) return IndexResult::kUnrepresentable;
  Bucket* a = BucketOf(p, 0);
  Bucket* b = BucketOf(p, 1);
  if (Load(b) < Load(a)) {  // the emptier of two: the fullest bucket stays far below 8
    Bucket* other = a;
    a = b;
    b = other;
  }
  uint64_t content = CellOf(p, slot);
  FilterAdd(p);
  if (InsertInto(a, content) || InsertInto(b, content)) return IndexResult::kInserted;
  FilterRemove(p);
  return IndexResult::kFull;
}

uint32_t IndexFind(uintptr_t p) {
  if ((uint64_t{p} >> 47) != 0 || (p & 7) != 0) return kNotFound;
  for (int choice = 0; choice < 2; ++choice) {
    for (const auto& cell : BucketOf(p, choice)->cells) {
      uint64_t content = cell.load(std::memory_order_acquire);
      if (content >> kSlotBits == uint64_t{p} >> 3 && content != 0) {
        return static_cast<uint32_t>(content & ((1 << kSlotBits) - 1));
      }
    }
  }
  return kNotFound;
}

bool IndexRemove(uintptr_t p, uint32_t slot) {
  if (p == 0) return false;  // null in slot 0 reads as an empty cell
  uint64_t content = CellOf(p, slot);
  for (int choice = 0; choice < 2; ++choice) {
    for (auto& cell : BucketOf(p, choice)->cells) {
      uint64_t expected = content;
      if (cell.load(std::memory_order_relaxed) == content &&
          cell.compare_exchange_strong(expected, 0, std::memory_order_acq_rel)) {
        FilterRemove(p);
        return true;
      }
    }
  }
  return false;
}

}  // namespace seep::profiler
