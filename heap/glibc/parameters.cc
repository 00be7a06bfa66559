#include "heap/glibc/parameters.h"

#include <cstring>
#include <span>

#include "heap/glibc/module_words.h"

namespace seep::glibc {
namespace {

constexpr uint64_t kMaxCacheCount = 65535;  // MAX_TCACHE_COUNT
// tcache_max_bytes with all 64 bins is 1032 or 1033; since 2.42 tunables may raise it to 4 MiB.
constexpr uint64_t kMaxCacheBytes = (uint64_t{4} << 20) + 1;

// The words around one that may be sbrk_base.
class Candidate {
 public:
  Candidate(std::span<const uint64_t> words, size_t sbrk_base, const ParameterLayout& layout)
      : words_(words), at_(sbrk_base), layout_(layout) {}

  bool Holds(const Memory& memory, const Arena& main) const {
    return HasStatistics() && HasCacheLimits() && HasThresholds() && HasBase(memory, main);
  }

  Parameters Get() const { return {Address(Word(0)), Int(0), Word(-16), Word(24)}; }

 private:
  uint64_t Word(int64_t distance) const {
    return words_[static_cast<size_t>(static_cast<int64_t>(at_) + distance / 8)];
  }
  // The i-th of {n_mmaps, n_mmaps_max, max_n_mmaps, no_dyn_threshold}.
  uint32_t Int(uint64_t i) const {
    uint32_t value;
    const auto* base = reinterpret_cast<const uint8_t*>(words_.data() + at_);
    std::memcpy(&value, base - layout_.n_mmaps + i * 4, sizeof(value));
    return value;
  }

  bool HasStatistics() const {
    uint64_t mmapped = Word(-16), most_mmapped = Word(-8);
    // The counts and the bytes are two atomics: one may be ahead of the other for a moment.
    return mmapped % kAlignment == 0 && most_mmapped % kAlignment == 0 && mmapped <= most_mmapped &&
           Int(0) <= Int(2) && Int(3) <= 1 && (Int(2) == 0) == (most_mmapped == 0) &&
           Int(0) <= mmapped / kPage + 1 && static_cast<int32_t>(Int(1)) >= 0;
  }
  bool HasCacheLimits() const {
    return Word(8) >= 1 && Word(8) <= kSmallCacheBins && Word(16) <= kMaxCacheBytes &&
           Word(24) <= kMaxCacheCount;
  }
  bool HasThresholds() const {
    auto start = -static_cast<int64_t>(layout_.start);
    uint64_t arena_test = Word(start + 24), arena_max = Word(start + 32);
    return arena_test <= 1u << 20 && arena_max <= 1u << 20 && (arena_test > 0 || arena_max > 0);
  }
  // The main arena's memory starts there, and while the break alone gives it more, ends with top.
  bool HasBase(const Memory& memory, const Arena& main) const {
    uint64_t base = Word(0);
    if (main.untouched()) return base == 0;
    uint64_t first = RoundUp(base, kAlignment);
    ChunkHead head{0, ReadWord(memory, Address(first + 8)).value_or(0)};
    if (base == 0 || !head.prev_in_use() || head.mmapped() || head.non_main()) return false;
    if (!main.contiguous()) return true;
    uint64_t top_size = ReadWord(memory, main.top() + 8).value_or(0) & ~uint64_t{7};
    return main.top().value() + top_size - base == main.system_mem();
  }

  std::span<const uint64_t> words_;
  size_t at_;
  const ParameterLayout& layout_;
};

}  // namespace

std::optional<Parameters> FindParameters(const Memory& memory, const LoadedModule& module,
                                         const Arena& main) {
  std::optional<Parameters> found;
  ForEachWritablePart(memory, module, [&](Address, std::span<const uint64_t> words) {
    for (const ParameterLayout& layout : kParameterLayouts) {
      for (size_t at = layout.start / 8; at + 4 < words.size() && !found.has_value(); ++at) {
        Candidate candidate(words, at, layout);
        if (candidate.Holds(memory, main)) found = candidate.Get();
      }
    }
  });
  return found;
}

}  // namespace seep::glibc
