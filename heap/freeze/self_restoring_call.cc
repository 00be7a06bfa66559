#include "heap/freeze/self_restoring_call.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "heap/freeze/interrupted_call.h"

namespace seep {
namespace {

constexpr uint64_t kRedZone = 128;  // System V ABI, AMD64 supplement, 3.2.2

// Offsets from the start of the bytes. The kernel's ucontext ends after 8 bytes of mask.
constexpr size_t kContext = 24;
constexpr size_t kChildStack = kContext + offsetof(ucontext_t, uc_sigmask) + 8;
constexpr size_t kVectors = (kChildStack + 40 + 63) / 64 * 64;

// From the kernel's arch/x86/include/uapi/asm/sigcontext.h.
constexpr uint64_t kContextFlags = 1 | 2 | 4;  // FP_XSTATE, SIGCONTEXT_SS, STRICT_RESTORE_SS
constexpr uint32_t kVectorsBegin = 0x46505853;
constexpr uint32_t kVectorsEnd = 0x46505845;
constexpr size_t kLegacySize = 512;
constexpr size_t kHeaderEnd = 576;
struct VectorsNote {  // at 464 of the legacy area
  uint32_t magic;
  uint32_t extended_size;
  uint64_t features;
  uint32_t size;
  uint32_t padding[7];
};

template <typename T>
void Put(std::vector<uint8_t>* bytes, size_t at, const T& value) {
  memcpy(bytes->data() + at, &value, sizeof(value));
}

// As long as the parts that are in use reach: the kernel refuses more than the thread may use.
size_t UsedSize(uint64_t features, size_t available) {
  size_t end = kHeaderEnd;
  for (unsigned feature = 2; feature < 63; ++feature) {
    if ((features >> feature & 1) == 0) continue;
    unsigned size = 0, offset = 0, c = 0, d = 0;
    if (__get_cpuid_count(0xd, feature, &size, &offset, &c, &d) != 0) {
      end = std::max<size_t>(end, offset + size);
    }
  }
  return std::min(end, available);
}

ucontext_t ContextOf(const ThreadState& state, Address vectors) {
  user_regs_struct r = state.registers;
  if (WillRestart(r)) {
    r.rip -= 2;  // back to its syscall instruction
    r.rax = r.orig_rax;
  }
  ucontext_t context{};
  context.uc_flags = kContextFlags;
  // Not a valid state, which rt_sigreturn skips: the thread keeps its signal stack.
  context.uc_stack.ss_flags = 4;
  auto set = [&](int index, unsigned long long value) {
    context.uc_mcontext.gregs[index] = static_cast<greg_t>(value);
  };
  set(REG_R8, r.r8), set(REG_R9, r.r9), set(REG_R10, r.r10), set(REG_R11, r.r11);
  set(REG_R12, r.r12), set(REG_R13, r.r13), set(REG_R14, r.r14), set(REG_R15, r.r15);
  set(REG_RDI, r.rdi), set(REG_RSI, r.rsi), set(REG_RBP, r.rbp), set(REG_RBX, r.rbx);
  set(REG_RDX, r.rdx), set(REG_RAX, r.rax), set(REG_RCX, r.rcx), set(REG_RSP, r.rsp);
  set(REG_RIP, r.rip), set(REG_EFL, r.eflags);
  set(REG_CSGSFS, r.cs | r.gs << 16 | r.fs << 32 | r.ss << 48);
  context.uc_mcontext.fpregs = reinterpret_cast<fpregset_t>(vectors.value());
  memcpy(&context.uc_sigmask, &state.signal_mask, sizeof(state.signal_mask));
  return context;
}

}  // namespace

SelfRestoringCall BuildSelfRestoringCall(const ThreadState& state, const CodeFragments& code,
                                         const RemoteCall& call) {
  uint64_t features = 0;
  memcpy(&features, state.vectors.data() + kLegacySize, sizeof(features));
  features |= 3;  // x87 and SSE are always there
  size_t used = UsedSize(features, state.vectors.size());

  SelfRestoringCall built;
  built.bytes.resize((kVectors + used + sizeof(kVectorsEnd) + 63) / 64 * 64);
  built.at = Address((state.registers.rsp - kRedZone - built.bytes.size()) & ~uint64_t{63});

  const uint64_t back[] = {code.set_rax.value(), SYS_rt_sigreturn, code.system_call.value()};
  static_assert(sizeof(back) == kContext);
  Put(&built.bytes, 0, back);
  ucontext_t context = ContextOf(state, built.at + kVectors);
  memcpy(built.bytes.data() + kContext, &context, kChildStack - kContext);
  const uint64_t child[] = {code.set_rdi.value(), kCopyExitStatus, code.set_rax.value(),
                            SYS_exit_group, code.system_call.value()};
  Put(&built.bytes, kChildStack, child);
  memcpy(built.bytes.data() + kVectors, state.vectors.data(), used);
  auto size = static_cast<uint32_t>(used);
  Put(&built.bytes, kVectors + 464, VectorsNote{kVectorsBegin, size + 4, features, size, {}});
  Put(&built.bytes, kVectors + used, kVectorsEnd);

  built.start = state.registers;
  built.start.orig_rax = ~0ull;  // no call to be made again
  built.start.rip = code.system_call.value();
  built.start.rsp = built.at.value();
  built.start.rax = static_cast<unsigned long long>(call.number);
  built.start.rdi = call.arguments[0];
  built.start.rsi =
      call.second_is_child_stack ? (built.at + kChildStack).value() : call.arguments[1];
  built.start.rdx = call.arguments[2];
  built.start.r10 = call.arguments[3];
  built.start.r8 = 0;
  return built;
}

}  // namespace seep
