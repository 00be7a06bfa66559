// The cache in front of the unwind tables: 2^14 words of
//
//     { pc >> 14 : 34 | kind : 3 | CFA offset / 8 : 13 | rbp slot / 8 : 14 }
//
// indexed by the low 14 bits of pc. One word is read and written at once, so there is nothing to
// lock and nothing to tear; all threads share it (libunwind's holds 280 KiB per thread).
#include <atomic>

#include "profiler/cfi.h"

namespace seep::profiler {
namespace {

constexpr uint32_t kIndexBits = 14;
constexpr uint64_t kTagShift = 30;
constexpr uint32_t kRbpAtRbpCode = (1 << 14) - 1;

constinit std::atomic<uint64_t> g_rules[1 << kIndexBits]{};
constinit std::atomic<uint32_t> g_generation{};  // of the modules that the rules are from

bool Encode(uintptr_t pc, const UnwindRule& rule, uint64_t* word) {
  uint32_t slot = rule.rbp_slot == UnwindRule::kRbpAtRbp ? kRbpAtRbpCode : rule.rbp_slot / 8;
  uint32_t cfa = rule.cfa_offset / 8;
  if (cfa >= (1 << 13) || (slot >= kRbpAtRbpCode && rule.rbp_slot != UnwindRule::kRbpAtRbp)) {
    return false;  // frames above 64 KiB are looked up each time
  }
  *word = (uint64_t{pc} >> kIndexBits) << kTagShift | uint64_t{rule.kind} << 27 |
          uint64_t{cfa} << 14 | slot;
  return true;
}

UnwindRule Decode(uint64_t word) {
  UnwindRule rule;
  rule.kind = static_cast<UnwindRule::Kind>((word >> 27) & 7);
  rule.cfa_offset = static_cast<uint32_t>((word >> 14) & 0x1FFF) * 8;
  auto slot = static_cast<uint32_t>(word & 0x3FFF);
  rule.rbp_slot = slot == kRbpAtRbpCode ? UnwindRule::kRbpAtRbp : slot * 8;
  return rule;
}

}  // namespace

UnwindRule FindUnwindRule(uintptr_t pc, const ModuleView& module) {
  if (uint32_t now = ModuleGeneration(); g_generation.load() != now) {
    for (auto& word : g_rules) word.store(0, std::memory_order_relaxed);
    g_generation.store(now);
  }
  std::atomic<uint64_t>& cached = g_rules[pc & ((1 << kIndexBits) - 1)];
  uint64_t word = cached.load(std::memory_order_relaxed);
  if (word != 0 && word >> kTagShift == uint64_t{pc} >> kIndexBits) return Decode(word);
  UnwindRule rule = ReadUnwindRule(pc, module);
  if (Encode(pc, rule, &word)) cached.store(word, std::memory_order_relaxed);
  return rule;
}

}  // namespace seep::profiler
