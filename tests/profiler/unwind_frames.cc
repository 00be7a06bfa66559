#include "tests/profiler/unwind_frames.h"

#include <alloca.h>

#include <cstdlib>
#include <stdexcept>

namespace seep::profiler {
namespace {

// So that the compiler has to keep what lies there.
inline void Use(void* memory) { asm volatile("" ::"r"(memory) : "memory"); }

template <size_t kSize>
__attribute__((always_inline)) inline void ContinueBelow(Path& path) {
  char locals[kSize];
  Use(locals);
  Continue(path);
  Use(locals);
}

__attribute__((noipa)) void TakeFromStack(long a, long b, long c, long d, long e, long f, long g,
                                          long h, Path& path) {
  long sum = a + b + c + d + e + f + g + h;
  Use(&sum);
  Continue(path);
}

__attribute__((noipa)) void Throw() { throw std::runtime_error("passes"); }

struct GoesOnAtEnd {
  Path& path;
  __attribute__((noinline)) ~GoesOnAtEnd() { Continue(path); }
};

[[noreturn]] __attribute__((noipa)) void ContinueAndThrow(Path& path) {
  Continue(path);
  throw std::runtime_error("the way back");
}

__attribute__((noipa)) void CallAsLastInstruction(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  ContinueAndThrow(path);
}

Path* g_sorting;

}  // namespace

void Plain(Path& path) { Continue(path); }

void ScribblesRbp(Path& path) {
  asm volatile("mov $0x5EE9, %%rbp" ::: "rbp");
  Continue(path);
}

void PointsRbpAstray(Path& path) {
  asm volatile("lea 72(%%rsp), %%rbp" ::: "rbp");
  Continue(path);
}

void KeepsFrame(Path& path) { ContinueBelow<1000>(path); }
void KeepsLargeFrame(Path& path) { ContinueBelow<100 << 10>(path); }
void KeepsLargestFrame(Path& path) { ContinueBelow<1 << 20>(path); }

void GrowsFrame(Path& path) {
  Use(alloca(100 + 16 * path.next));
  Continue(path);
}

void Aligns(Path& path) {
  alignas(64) char locals[64];
  Use(locals);
  Continue(path);
  Use(locals);
}

void AlignsAndGrows(Path& path) {
  alignas(64) char locals[64];
  Use(locals);
  Use(alloca(100 + 16 * path.next));
  Continue(path);
  Use(locals);
}

void PassesOnStack(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  TakeFromStack(1, 2, 3, 4, 5, 6, 7, path.next, path);
  asm volatile("" ::: "memory");
}

void Catches(Path& path) {
  try {
    Throw();
  } catch (const std::runtime_error&) {
    Continue(path);
  }
}

void CleansUp(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  try {
    GoesOnAtEnd at_end{path};
    Throw();
  } catch (const std::runtime_error&) {
  }
}

void EndsInCall(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  try {
    CallAsLastInstruction(path);
  } catch (const std::runtime_error&) {
  }
}

void Sorts(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  Path* outer = g_sorting;
  g_sorting = &path;
  int numbers[] = {2, 1};
  qsort(numbers, 2, sizeof(int), [](const void* a, const void* b) {
    Continue(*g_sorting);
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
  g_sorting = outer;
}

}  // namespace seep::profiler
