// Memory of a few pages here and there, which a test writes and damages.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "base/address.h"
#include "heap/memory.h"

namespace seep::testing {

class SparseMemory final : public Memory {
 public:
  static constexpr uint64_t kPage = 4096;

  // Makes [begin, begin + bytes) present, zero where it was not.
  void Map(uint64_t begin, uint64_t bytes) {
    for (uint64_t page = begin / kPage; page <= (begin + bytes - 1) / kPage; ++page) pages_[page];
  }

  void Write(uint64_t address, std::span<const uint8_t> bytes) {
    while (!bytes.empty()) {
      size_t n = std::min<size_t>(bytes.size(), kPage - address % kPage);
      std::memcpy(&pages_[address / kPage][address % kPage], bytes.data(), n);
      address += n;
      bytes = bytes.subspan(n);
    }
  }

  template <typename T>
  void Set(uint64_t address, T value) {
    Write(address, {reinterpret_cast<const uint8_t*>(&value), sizeof(T)});
  }

  size_t Read(Address from, std::span<uint8_t> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      uint64_t at = from.value() + done;
      auto page = pages_.find(at / kPage);
      if (page == pages_.end()) break;
      size_t n = std::min<size_t>(out.size() - done, kPage - at % kPage);
      std::memcpy(&out[done], &page->second[at % kPage], n);
      done += n;
    }
    return done;
  }

  std::vector<uint64_t> Pages() const {
    std::vector<uint64_t> addresses;
    for (const auto& [page, bytes] : pages_) addresses.push_back(page * kPage);
    return addresses;
  }

 private:
  std::map<uint64_t, std::array<uint8_t, kPage>> pages_;
};

}  // namespace seep::testing
