// Running sums over sampled blocks, shared by all threads; see recording::Totals.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/arithmetic.h"
#include "profiler/mirror.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

inline void AtomicAdd(std::atomic<double>& sum, double x) {
  double value = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(value, value + x)) {
  }
}

// What one sample stands for: 1/p blocks, with the variance e^−λ/p² of that estimate.
struct Weight {
  explicit Weight(double exposure)
      : objects(1 / OneMinusExpNegative(exposure)),
        variance(ExpNegative(exposure) * objects * objects) {}

  double objects;
  double variance;
};

class AtomicTotals {
 public:
  void Add(const Weight& weight, uint64_t size) {
    auto bytes = static_cast<double>(size);
    count_.fetch_add(1);
    AtomicAdd(objects_, weight.objects);
    AtomicAdd(objects_variance_, weight.variance);
    AtomicAdd(bytes_, bytes * weight.objects);
    AtomicAdd(bytes_variance_, bytes * bytes * weight.variance);
    AtomicAdd(sized_bytes_, bytes * bytes * weight.objects);
  }

  void MirrorTo(recording::Totals* target) const {
    MirrorValue(count_, &target->count);
    MirrorValue(objects_, &target->objects);
    MirrorValue(objects_variance_, &target->objects_variance);
    MirrorValue(bytes_, &target->bytes);
    MirrorValue(bytes_variance_, &target->bytes_variance);
    MirrorValue(sized_bytes_, &target->sized_bytes);
  }

  // Only while nobody else adds: in a forked child that is coming up.
  void Reset() {
    count_ = 0;
    for (auto* sum : {&objects_, &objects_variance_, &bytes_, &bytes_variance_, &sized_bytes_}) {
      *sum = 0;
    }
  }

 private:
  std::atomic<uint64_t> count_;
  std::atomic<double> objects_, objects_variance_, bytes_, bytes_variance_, sized_bytes_;
};

}  // namespace seep::profiler
