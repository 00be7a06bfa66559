#include "profiler/unwind.h"

#include <pthread.h>
#include <sys/auxv.h>

#include "profiler/cfi.h"
#include "profiler/module_table.h"

namespace seep::profiler {
namespace {

uintptr_t g_main_stack_end;
uintptr_t g_main_thread;
uint32_t g_own_module;

uintptr_t ThisThread() { return static_cast<uintptr_t>(pthread_self()); }

// The end of the thread's own stack, 0 if `rsp` is not on it. The program's strings lie at the end
// of the main thread's stack, the thread control block (pthread_self) at that of any other.
//
// Where a stack begins cannot be asked here (pthread_getattr_np locks and allocates). Below the end
// of the main stack the kernel keeps 128 MiB free of anything else (Linux arch/x86/mm/mmap.c). A
// thread's stack is taken to have glibc's usual 8 MiB: fibers are mapped right below such stacks.
uintptr_t OwnStackEnd(uintptr_t rsp) {
  constexpr uintptr_t kMainReach = uintptr_t{128} << 20;
  constexpr uintptr_t kThreadReach = uintptr_t{8} << 20;
  if (g_main_stack_end - rsp < kMainReach) return g_main_stack_end;
  uintptr_t self = ThisThread();
  if (self != g_main_thread && self - rsp < kThreadReach) return self;
  return 0;
}

uintptr_t Load(uintptr_t address) { return *reinterpret_cast<const uintptr_t*>(address); }

class Walker {
 public:
  Walker(const Registers& start, Walk* walk) : at_(start), walk_(walk) { EnterStack(); }

  void Run() {
    while (walk_->count < kMaxFrames) {
      if (at_.pc < 4096) return;  // the outermost frame's null return address
      uintptr_t lookup = exact_pc_ ? at_.pc : at_.pc - 1;
      const ModuleView* module = modules_.Find(lookup);
      Append(module);
      if (module == nullptr) return Truncate();
      UnwindRule rule = FindUnwindRule(lookup, *module);
      if (rule.kind == UnwindRule::kEnd) return;
      if (!Step(rule)) return Truncate();
    }
    Truncate();
  }

 private:
  void Truncate() { walk_->flags |= recording::kStackTruncated; }

  void EnterStack() {
    end_ = OwnStackEnd(at_.rsp);
    if (end_ == 0) walk_->flags |= recording::kStackForeign;
  }

  void Append(const ModuleView* module) {
    uintptr_t pc = exact_pc_ ? at_.pc + 1 : at_.pc;
    bool ours = module != nullptr && module->id != 0 && module->id == g_own_module;
    if (ours && walk_->count == 0) return;
    walk_->frames[walk_->count++] = module == nullptr || module->id == 0
                                        ? recording::MakePosition(0, pc)
                                        : recording::MakePosition(module->id, pc - module->bias);
  }

  // True if the 8 bytes at `address` may be read: above rsp and, where the stack's end is known,
  // below it. On a foreign stack a jump along rbp is held short.
  bool Plausible(uintptr_t address) const {
    constexpr uintptr_t kForeignReach = 256 << 10;
    if (address % 8 != 0 || address < at_.rsp) return false;
    return end_ != 0 ? address + 8 <= end_ : address - at_.rsp < kForeignReach;
  }

  bool Step(const UnwindRule& rule) {
    uintptr_t cfa = 0;
    switch (rule.kind) {
      case UnwindRule::kCfaFromRsp:
        cfa = at_.rsp + rule.cfa_offset;
        break;
      case UnwindRule::kCfaFromRbp:
        cfa = at_.rbp + rule.cfa_offset;
        break;
      case UnwindRule::kCfaAtRbp:
        if (!Plausible(at_.rbp - rule.cfa_offset)) return false;
        cfa = Load(at_.rbp - rule.cfa_offset);
        break;
      case UnwindRule::kSignalFrame:
        return StepOverSignal();
      default:
        return false;
    }
    if (cfa <= at_.rsp || !Plausible(cfa - 8)) return false;
    uintptr_t rbp = at_.rbp;
    if (rule.rbp_slot != UnwindRule::kRbpUnchanged) {
      uintptr_t slot = rule.rbp_slot == UnwindRule::kRbpAtRbp ? at_.rbp : cfa - rule.rbp_slot;
      if (!Plausible(slot)) return false;
      rbp = Load(slot);
    }
    at_ = {Load(cfa - 8), cfa, rbp};
    exact_pc_ = false;
    return true;
  }

  // The kernel left a ucontext at rsp; its general registers begin at byte 40, and rbp, rsp, rip
  // are numbers 10, 15, 16 of them (<sys/ucontext.h>). The interrupted code may be on another
  // stack.
  bool StepOverSignal() {
    constexpr uintptr_t kRegisters = 40;
    constexpr uintptr_t kRbp = kRegisters + 80, kRsp = kRegisters + 120, kRip = kRegisters + 128;
    if (!Plausible(at_.rsp + kRip)) return false;
    at_ = {Load(at_.rsp + kRip), Load(at_.rsp + kRsp), Load(at_.rsp + kRbp)};
    exact_pc_ = true;
    walk_->flags |= recording::kStackSignalFrame;
    EnterStack();
    return ++signal_frames_ <= 4;
  }

  Registers at_;
  Walk* walk_;
  ModuleCache modules_;
  uintptr_t end_ = 0;
  uint32_t signal_frames_ = 0;
  bool exact_pc_ = false;
};

}  // namespace

void PrepareUnwind(bool skip_own_frames) {
  g_main_stack_end = getauxval(AT_EXECFN);
  g_main_thread = ThisThread();
  if (skip_own_frames) g_own_module = FindModule(reinterpret_cast<uintptr_t>(&WalkStack)).id;
}

void WalkStack(const Registers& start, Walk* walk) {
  walk->count = 0;
  walk->flags = 0;
  Walker(start, walk).Run();
}

}  // namespace seep::profiler
