// Memory that is written word by word; pages that nothing was written to are absent.
#pragma once

#include <array>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "heap/memory.h"

namespace seep::testing {

class WordMemory final : public Memory {
 public:
  void Set(uint64_t address, uint64_t word) { pages_[address / kPage][address % kPage / 8] = word; }
  uint64_t Get(uint64_t address) const { return ReadWord(*this, Address(address)).value_or(0); }

  void SetPage(uint64_t address, const std::array<uint64_t, 512>& words) {
    pages_[address / kPage] = words;
  }

  // Of the word around it.
  template <typename T>
  void SetField(uint64_t address, T value) {
    uint64_t word = Get(address & ~uint64_t{7});
    std::memcpy(reinterpret_cast<char*>(&word) + address % 8, &value, sizeof(value));
    Set(address & ~uint64_t{7}, word);
  }

  // Every word that is not zero, by address.
  std::vector<uint64_t> SetWords() const {
    std::vector<uint64_t> addresses;
    for (const auto& [number, words] : pages_) {
      for (size_t i = 0; i < words.size(); ++i) {
        if (words[i] != 0) addresses.push_back(number * kPage + i * 8);
      }
    }
    return addresses;
  }

  size_t Read(Address from, std::span<uint8_t> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      uint64_t at = from.value() + done;
      auto page = pages_.find(at / kPage);
      if (page == pages_.end()) break;
      size_t n = std::min<size_t>(out.size() - done, kPage - at % kPage);
      std::memcpy(out.data() + done,
                  reinterpret_cast<const uint8_t*>(page->second.data()) + at % kPage, n);
      done += n;
    }
    return done;
  }

 private:
  static constexpr uint64_t kPage = 4096;
  std::map<uint64_t, std::array<uint64_t, kPage / 8>> pages_;
};

struct DamagedWord {
  uint64_t address;
  uint64_t was;
};

// Puts wrong words into a few of the places that matter: null, another word of the same memory, a
// neighbour of its own value, a single flipped bit, or noise. Returns what was there, in order.
inline std::vector<DamagedWord> Damage(WordMemory& memory, const std::vector<uint64_t>& places,
                                       std::mt19937_64& random) {
  std::vector<DamagedWord> damaged;
  for (uint64_t n = 1 + random() % 8; n > 0; --n) {
    uint64_t place = places[random() % places.size()];
    uint64_t word = memory.Get(place);
    uint64_t other = memory.Get(places[random() % places.size()]);
    uint64_t wrong[] = {0,
                        other,
                        word + 8 * (random() % 9) - 32,
                        word ^ uint64_t{1} << random() % 64,
                        random(),
                        random() % 4096};
    memory.Set(place, wrong[random() % std::size(wrong)]);
    damaged.push_back({place, word});
  }
  return damaged;
}

// The last damage first, as one word may have been hit twice.
inline void Repair(WordMemory& memory, const std::vector<DamagedWord>& damaged) {
  for (auto word = damaged.rbegin(); word != damaged.rend(); ++word) {
    memory.Set(word->address, word->was);
  }
}

}  // namespace seep::testing
