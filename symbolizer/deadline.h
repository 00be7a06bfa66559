// A moment after which work stops. Checked by the work itself, between its steps.
#pragma once

#include <chrono>

namespace seep {

class Deadline {
 public:
  explicit Deadline(std::chrono::steady_clock::duration from_now)
      : at_(std::chrono::steady_clock::now() + from_now) {}

  bool passed() const { return std::chrono::steady_clock::now() >= at_; }

 private:
  std::chrono::steady_clock::time_point at_;
};

}  // namespace seep
