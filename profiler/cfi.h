// How to get from a code position to its caller: the unwind rule that .eh_frame gives for it,
// boiled down to what x86-64 code uses in practice.
//
//   CFA (the caller's rsp) = rsp + n,  rbp + n,  or *(rbp − n) in functions that realign the stack
//   return address         = *(CFA − 8), always
//   caller's rbp           = unchanged,  *(CFA − n),  or *rbp in functions that realign the stack
//
// Anything else (hand-written expressions) is kUnsupported and ends the walk, marked as truncated.
// A rule is one word, so that a cache of rules needs no lock. Lookups take no lock, allocate
// nothing and read only the module's own mapped tables. Async-signal-safe.
#pragma once

#include <cstdint>

#include "profiler/module_table.h"

namespace seep::profiler {

struct UnwindRule {
  enum Kind : uint8_t {
    kUnsupported,
    kEnd,          // the outermost frame: the return address is undefined
    kCfaFromRsp,   // CFA = rsp + cfa_offset
    kCfaFromRbp,   // CFA = rbp + cfa_offset
    kCfaAtRbp,     // CFA = *(rbp − cfa_offset)
    kSignalFrame,  // the kernel's frame around a signal handler
  };
  static constexpr uint32_t kRbpUnchanged = 0;
  static constexpr uint32_t kRbpAtRbp = ~uint32_t{0};

  Kind kind = kUnsupported;
  uint32_t cfa_offset = 0;            // bytes
  uint32_t rbp_slot = kRbpUnchanged;  // or: rbp = *(CFA − rbp_slot)
};

// The rule in force at `pc`, which lies in `module`. Cached; a miss costs a binary search in
// .eh_frame_hdr and the interpretation of one function's rows.
UnwindRule FindUnwindRule(uintptr_t pc, const ModuleView& module);

// Without the cache, for the cache and for tests.
UnwindRule ReadUnwindRule(uintptr_t pc, const ModuleView& module);

}  // namespace seep::profiler
