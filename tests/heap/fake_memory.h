// A few ranges of bytes at chosen addresses.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "heap/memory.h"

namespace seep::testing {

class FakeMemory final : public Memory {
 public:
  // Words from `begin` on.
  void Put(uint64_t begin, const std::vector<uint64_t>& words) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(words.data());
    ranges_[begin].assign(bytes, bytes + words.size() * sizeof(uint64_t));
  }
  void PutText(uint64_t begin, const std::string& text) {
    ranges_[begin].assign(text.begin(), text.end());
    ranges_[begin].push_back(0);
  }

  size_t Read(Address from, std::span<uint8_t> out) const override {
    auto after = ranges_.upper_bound(from.value());
    if (after == ranges_.begin()) return 0;
    const auto& [begin, bytes] = *std::prev(after);
    uint64_t skipped = from.value() - begin;
    if (skipped >= bytes.size()) return 0;
    size_t n = std::min<size_t>(out.size(), bytes.size() - skipped);
    std::memcpy(out.data(), bytes.data() + skipped, n);
    return n;
  }

 private:
  std::map<uint64_t, std::vector<uint8_t>> ranges_;
};

}  // namespace seep::testing
