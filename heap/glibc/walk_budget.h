// What a walk may do beside going along each chain of chunks: damaged or hostile memory could keep
// it busy for days. Far more than any heap in order needs; what is used up is reported.
#pragma once

#include <algorithm>
#include <cstdint>

namespace seep::glibc {

class Budget {
 public:
  explicit Budget(uint64_t units) : left_(units) {}

  bool Spend(uint64_t units = 1) {
    exhausted_ |= units > left_;
    left_ -= std::min(units, left_);
    return !exhausted_;
  }
  uint64_t left() const { return left_; }
  bool exhausted() const { return exhausted_; }

 private:
  uint64_t left_;
  bool exhausted_ = false;
};

struct WalkBudget {
  Budget trials{uint64_t{1} << 21};        // places tried as a chain's start: up to 17 reads each
  Budget absent_pages{uint64_t{1} << 24};  // 64 GiB, stepped over one by one
  Budget list_entries{uint64_t{1} << 26};  // freed blocks on lists: 8 bytes each
  Budget bin_links{uint64_t{1} << 22};     // followed only where bins and heap differ
};

}  // namespace seep::glibc
