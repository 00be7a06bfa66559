// A thread of a target, as far as it is known without stopping it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/address.h"

namespace seep {

// The general registers of x86-64, in the order of the kernel's user_regs_struct (sys/user.h).
struct ThreadRegisters {
  static constexpr size_t kInstructionPointer = 16;
  static constexpr size_t kStackPointer = 19;
  static constexpr size_t kThreadPointer = 21;  // fs_base

  std::array<uint64_t, 27> values = {};

  Address instruction_pointer() const { return Address(values[kInstructionPointer]); }
  Address stack_pointer() const { return Address(values[kStackPointer]); }
  Address thread_pointer() const { return Address(values[kThreadPointer]); }
};

struct TargetThread {
  uint32_t tid = 0;
  std::string name;                               // 15 bytes, hostile; empty: not known
  std::optional<ThreadRegisters> registers = {};  // a running thread's are not known
};

}  // namespace seep
