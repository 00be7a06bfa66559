#include "heap/jemalloc/sample_stacks.h"

#include <array>

namespace seep::jemalloc {
namespace {

constexpr uint64_t kContextAt = 96;    // gctx in the tctx
constexpr uint64_t kVectorAt = 104;    // vec, len in the gctx
constexpr uint64_t kCountersAt = 120;  // program counters in it

}  // namespace

std::optional<ProfiledBlock> SampleStacks::Find(const Format& format,
                                                std::span<const uint8_t> edata) const {
  if (format.cache_bins != Format::CacheBins::kLowBits) return std::nullopt;
  ProfiledBlock block{.bytes = WordAt(edata, kProfilingAt + 8),
                      .sample = Address(WordAt(edata, kProfilingAt + 16))};
  bool can_be = block.bytes > 0 && block.sample.value() >= kPage &&
                block.sample.value() % kWord == 0 &&
                ReadWord(memory_, block.sample).value_or(0) != 0;
  return can_be ? std::optional(block) : std::nullopt;
}

std::span<const uint64_t> SampleStacks::Of(Address sample) {
  auto [known, fresh] = known_.try_emplace(sample.value());
  if (fresh) known->second = Read(sample);
  return known->second;
}

std::vector<uint64_t> SampleStacks::Read(Address sample) const {
  uint64_t context = ReadWord(memory_, sample + kContextAt).value_or(0);
  if (context < kPage || context % kWord != 0) return {};
  std::array<uint8_t, 16> words;
  if (memory_.Read(Address(context) + kVectorAt, words) != words.size()) return {};
  uint64_t depth = WordAt(words, 8) & 0xffff'ffff;  // unsigned, and padding
  bool can_be = WordAt(words, 0) == context + kCountersAt && depth > 0 && depth <= kMaxDepth;
  if (!can_be) return {};
  std::vector<uint64_t> stack(depth);
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(stack.data()), depth * kWord);
  if (memory_.Read(Address(context) + kCountersAt, bytes) != bytes.size()) return {};
  return stack;
}

}  // namespace seep::jemalloc
