// Stacks that pass through signal handlers. There, frames below the handler are exact positions.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <thread>

#include "profiler/unwind.h"
#include "tests/profiler/unwind_frames.h"

// Faults at its first instruction, so that the byte before belongs to another function.
asm(R"(
    .pushsection .text
    .globl seep_test_fault
    .type seep_test_fault, @function
seep_test_fault:
    .cfi_startproc
    ud2
    ret
    .cfi_endproc
    .size seep_test_fault, . - seep_test_fault
    .popsection
)");
extern "C" void seep_test_fault();

namespace seep::profiler {
namespace {

thread_local Path* t_path;

void OnRaise(int) { Continue(*t_path); }

void OnFault(int, siginfo_t*, void* context) {
  Continue(*t_path);
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;  // past the ud2
}

void Raises(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  t_path = &path;
  raise(SIGUSR1);
}

void Faults(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  path.Note(reinterpret_cast<uintptr_t>(&seep_test_fault) + 1);
  t_path = &path;
  seep_test_fault();
  asm volatile("" ::: "memory");
}

class UnwindSignalTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PrepareWalks(); }

  ~UnwindSignalTest() override {
    signal(SIGUSR1, SIG_DFL);
    signal(SIGILL, SIG_DFL);
  }

  static void Handle(int flags) {
    struct sigaction action {};
    action.sa_flags = flags | SA_NODEFER;
    action.sa_handler = OnRaise;
    sigaction(SIGUSR1, &action, nullptr);
    action.sa_flags |= SA_SIGINFO;
    action.sa_sigaction = OnFault;
    sigaction(SIGILL, &action, nullptr);
  }

  static void ExpectUnwound(Path path, int flags) {
    Go(path);
    ExpectWholeWalk(path);
    EXPECT_EQ(path.walk.flags, flags);
  }
};

// An alternate signal stack of the thread, with nothing readable on either side.
class AlternateStack {
 public:
  AlternateStack() {
    char* area = static_cast<char*>(
        mmap(nullptr, kSize + 2 * kGuard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(area + kGuard, kSize, PROT_READ | PROT_WRITE);
    stack_t stack{area + kGuard, 0, kSize};
    sigaltstack(&stack, &before_);
    area_ = area;
  }
  ~AlternateStack() {
    sigaltstack(&before_, nullptr);
    munmap(area_, kSize + 2 * kGuard);
  }
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  static constexpr size_t kSize = 1 << 20, kGuard = 4096;
  stack_t before_{};
  char* area_;
};

TEST_F(UnwindSignalTest, HandlerOnTheInterruptedStack) {
  Handle(0);
  ExpectUnwound(Path({Plain, Raises, Plain}), recording::kStackSignalFrame);
  ExpectUnwound(Path({AlignsAndGrows, Faults, ScribblesRbp}), recording::kStackSignalFrame);
}

TEST_F(UnwindSignalTest, HandlerOnItsOwnStack) {
  Handle(SA_ONSTACK);
  AlternateStack stack;
  constexpr int kFlags = recording::kStackSignalFrame | recording::kStackForeign;
  ExpectUnwound(Path({Plain, Raises, Plain}), kFlags);
  ExpectUnwound(Path({AlignsAndGrows, Faults, ScribblesRbp, KeepsLargeFrame}), kFlags);
}

TEST_F(UnwindSignalTest, HandlerOnItsOwnStackInAnyThread) {
  Handle(SA_ONSTACK);
  std::thread([] {
    AlternateStack stack;
    ExpectUnwound(Path({Aligns, Faults, Plain}),
                  recording::kStackSignalFrame | recording::kStackForeign);
  }).join();
}

// The interrupted code may use rbp for anything.
TEST_F(UnwindSignalTest, EveryKindOfFrameOnBothSides) {
  Handle(0);
  for (PathFunction function : kAllFrames) {
    ExpectUnwound(Path({function, Faults, function}), recording::kStackSignalFrame);
  }
}

TEST_F(UnwindSignalTest, NestedHandlersUpToFour) {
  Handle(0);
  ExpectUnwound(Path({Faults, Raises, Faults, Plain, Raises, Plain}), recording::kStackSignalFrame);
  Path deeper({Plain, Faults, Raises, Faults, Raises, Faults, Plain});
  Go(deeper);
  EXPECT_EQ(deeper.walk.flags, recording::kStackSignalFrame | recording::kStackTruncated);
  EXPECT_LT(deeper.walk.count, deeper.libunwind.size());
  EXPECT_TRUE(std::equal(deeper.walk.frames, deeper.walk.frames + deeper.walk.count,
                         deeper.libunwind.begin()));
}

}  // namespace
}  // namespace seep::profiler
