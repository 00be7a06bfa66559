// Where a stack ends early, or is none: the walk stops, says so, and reads nothing
// outside.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <random>
#include <thread>
#include <vector>

#include "profiler/module_table.h"
#include "profiler/unwind.h"
#include "tests/profiler/unwind_frames.h"

namespace seep::profiler {
namespace {

class UnwindAstrayTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PrepareWalks(); }
};

// A fiber's stack, with nothing readable behind its end.
class FiberStack {
 public:
  FiberStack()
      : memory_(static_cast<char*>(mmap(nullptr, kSize + kGuard, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    mprotect(memory_ + kSize, kGuard, PROT_NONE);
  }
  ~FiberStack() { munmap(memory_, kSize + kGuard); }
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;

  stack_t stack() const { return {memory_, 0, kSize}; }
  uintptr_t end() const { return reinterpret_cast<uintptr_t>(memory_) + kSize; }

 private:
  static constexpr size_t kSize = 512 << 10, kGuard = 4096;
  char* memory_;
};

thread_local Path* t_fiber;

void ExpectFiberUnwound() {
  FiberStack stack;
  Path path({Plain, AlignsAndGrows, ScribblesRbp, KeepsLargeFrame});
  t_fiber = &path;
  ucontext_t fiber, here;
  getcontext(&fiber);
  fiber.uc_stack = stack.stack();
  fiber.uc_link = &here;
  makecontext(
      &fiber, [] { Go(*t_fiber); }, 0);
  swapcontext(&here, &fiber);
  ExpectNotedFrames(path);
  EXPECT_LE(path.walk.count, path.truth.size() + 2) << "the entry and libc's way back";
  EXPECT_EQ(path.walk.flags & ~recording::kStackTruncated, recording::kStackForeign)
      << "libc's way back has no unwind information of its own: some versions mark it as an end";
}

TEST_F(UnwindAstrayTest, FiberEndsWhereItBegan) { ExpectFiberUnwound(); }

TEST_F(UnwindAstrayTest, FiberOfAThreadEndsWhereItBegan) { std::thread(ExpectFiberUnwound).join(); }

uintptr_t InThisFunction() {
  uintptr_t pc;
  asm volatile("lea 0(%%rip), %0" : "=r"(pc));
  return pc;
}

// The first frame of a hand-made fiber returns to anything.
TEST_F(UnwindAstrayTest, ReturnAddressIntoNothing) {
  FiberStack fiber;
  uintptr_t not_code[] = {
      4096,          0x5EE9'0000'0000,     fiber.end(),        fiber.end() - 64,
      ~uintptr_t{0}, ~uintptr_t{0} - 4096, uintptr_t{1} << 47, uintptr_t{0xFFFF} << 48};
  for (uintptr_t pc : not_code) {
    SCOPED_TRACE(pc);
    Walk walk;
    WalkStack({pc, fiber.end() - 64, fiber.end() - 32}, &walk);
    EXPECT_EQ(walk.count, 1u);
    EXPECT_EQ(walk.flags, recording::kStackTruncated | recording::kStackForeign);
  }
  for (uintptr_t pc : {0, 1, 4095}) {
    Walk walk;
    WalkStack({pc, fiber.end() - 64, fiber.end() - 32}, &walk);
    EXPECT_EQ(walk.count, 0u) << "an outermost frame's return address";
    EXPECT_EQ(walk.flags, recording::kStackForeign);
  }
}

// Positions of real code, in all modules that were there at start-up: calls and what not.
std::vector<uintptr_t> CodePositions(std::mt19937_64& random) {
  std::vector<uintptr_t> positions;
  for (uintptr_t start :
       {reinterpret_cast<uintptr_t>(&InThisFunction), reinterpret_cast<uintptr_t>(&qsort),
        reinterpret_cast<uintptr_t>(&std::terminate)}) {
    ModuleView module = FindModule(start);
    for (int i = 0; i < 2000; ++i) {
      uintptr_t pc = module.start + random() % (module.end - module.start);
      if (IsInitialCode(pc)) positions.push_back(pc);
    }
  }
  return positions;
}

// On the thread's own stack everything up to its end is readable, so nothing that lies there may
// bring the walk down; nor may any rbp.
TEST_F(UnwindAstrayTest, GarbageOnTheOwnStack) {
  std::mt19937_64 random(1);
  std::vector<uintptr_t> code = CodePositions(random);
  uintptr_t stack[512];
  auto low = reinterpret_cast<uintptr_t>(stack);
  auto anything = [&]() -> uintptr_t {
    switch (random() % 8) {
      case 0:
        return random();
      case 1:
        return random() % 4;
      case 2:
        return low + random() % sizeof(stack);
      case 3:
        return low - 4096 + random() % (1 << 20);
      default:
        return code[random() % code.size()];
    }
  };
  uint64_t frames = 0;
  for (int round = 0; round < 20'000; ++round) {
    for (uintptr_t& word : stack) word = anything();
    Walk walk;
    WalkStack({code[random() % code.size()], low + 8 * (random() % 256), anything()}, &walk);
    ASSERT_LE(walk.count, kMaxFrames);
    frames += walk.count;
  }
  EXPECT_GT(frames, 40'000u) << "hardly ever astray";
}

TEST_F(UnwindAstrayTest, MisalignedStackIsRefused) {
  uintptr_t stack[64] = {};
  for (uintptr_t& word : stack) word = InThisFunction();
  for (uintptr_t off : {1, 2, 4, 7}) {
    Walk walk;
    WalkStack({InThisFunction(), reinterpret_cast<uintptr_t>(stack) + off, 0}, &walk);
    EXPECT_EQ(walk.count, 1u);
    EXPECT_EQ(walk.flags & recording::kStackTruncated, recording::kStackTruncated);
  }
}

}  // namespace
}  // namespace seep::profiler
