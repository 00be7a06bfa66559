#include "profiler/sampler.h"

#include <algorithm>

#include "base/mix.h"
#include "profiler/arithmetic.h"

namespace seep::profiler {
namespace {

// λ of a block that is certain to be drawn: 1 − e^−40 is 1 in a double.
constexpr double kCertain = 40;

// Bytes to the next sample point.
double DrawDistance(ThreadState& t, uint64_t interval) {
  double u = static_cast<double>((NextRandom(t) >> 11) + 1) * 0x1p-53;  // (0, 1]
  return NegativeLog(u) * static_cast<double>(interval);
}

}  // namespace

uint64_t NextRandom(ThreadState& t) {
  t.random += 0x9E3779B97F4A7C15u;  // splitmix64
  return Mix64(t.random);
}

void StartLeg(ThreadState& t, uint64_t interval) {
  t.leg_interval = interval;
  t.leg_length = kMaxLeg;
  t.leg_ends_in_sample = false;
  if (interval == 1) {
    t.leg_length = 0;
    t.leg_ends_in_sample = true;
  } else if (interval != 0) {
    double distance = DrawDistance(t, interval);
    if (distance < static_cast<double>(kMaxLeg)) {
      t.leg_length = static_cast<uint64_t>(distance);
      t.leg_ends_in_sample = true;
    }
  }
  t.left = t.leg_length;
}

double CrossLegEnd(ThreadState& t, uint64_t size, uint64_t interval) {
  uint64_t charge = ChargeFor(size);
  uint64_t before = t.left + size + 1;  // what was left of the leg; the subtraction is undone

  // Bytes under the old T: up to where the leg would have ended without a sample point. λ must not
  // depend on where the point fell, or 1/p would favour some places.
  uint64_t old_bytes = std::min(charge, before + (kMaxLeg - t.leg_length));
  uint64_t new_bytes = charge - old_bytes;
  bool hit = t.leg_ends_in_sample;
  if (!hit && interval != 0) hit = DrawDistance(t, interval) < static_cast<double>(new_bytes);

  double exposure = 0;
  if (hit) {
    if (t.leg_interval != 0) {
      exposure += static_cast<double>(old_bytes) / static_cast<double>(t.leg_interval);
    }
    if (interval != 0) exposure += static_cast<double>(new_bytes) / static_cast<double>(interval);
    if (t.leg_interval == 1 && exposure < kCertain) exposure = kCertain;
  }
  StartLeg(t, interval);
  return exposure;
}

}  // namespace seep::profiler
