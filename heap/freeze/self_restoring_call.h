// A system call made in a stopped thread of another process, such that the thread finds its way
// back alone: if the tracer dies at whatever moment, the thread makes the call, or not, and goes on
// where it was, with all its registers.
//
// Only a few dead bytes below its stack are used (under the 128 of the red zone), and the rip, rsp
// and argument registers are set, at once, by one PTRACE_SETREGS:
//
//                        rip → syscall; ret               the call itself
//   rsp → [set_rax]      pop %rax; ret
//         [15]           rt_sigreturn
//         [system_call]  syscall                          takes all registers from what follows:
//         [ucontext]     general registers, signal mask; its fpstate points at
//         [xstate]       vector registers
//
// A child that the call makes gets a stack of its own inside the same bytes: [set_rdi][83][set_rax]
// [231][system_call], exit_group(83). So a copy that nobody holds ends before it has done anything.
//
// The tracer, if it lives, does not let the thread run so far: it puts everything back itself, the
// bytes too, which is exact even for a timeout that is half over (ERESTART_RESTARTBLOCK; the lonely
// way back starts that call anew).
#pragma once

#include <sys/user.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "heap/freeze/code_fragments.h"

namespace seep {

inline constexpr int kCopyExitStatus = 83;

// Of a thread that stands still.
struct ThreadState {
  user_regs_struct registers{};
  uint64_t signal_mask = 0;
  std::vector<uint8_t> vectors;  // NT_X86_XSTATE, as ptrace gives it
};

struct RemoteCall {
  long number = 0;
  std::array<uint64_t, 4> arguments = {};
  bool second_is_child_stack = false;  // clone's: filled in here
};

struct SelfRestoringCall {
  Address at;                  // where `bytes` belong
  std::vector<uint8_t> bytes;  // multiple of 64
  user_regs_struct start{};    // the registers to begin with
};

SelfRestoringCall BuildSelfRestoringCall(const ThreadState& state, const CodeFragments& code,
                                         const RemoteCall& call);

}  // namespace seep
