// operator new and delete, mapped onto the hooked malloc and free, so that a new is drawn once and
// its caller is the first frame. When memory runs out the next operator new takes over: it runs the
// new_handler and throws, which we cannot (libseep.so needs libc alone).
//
// Only the four that all others are defined by ([new.delete]): the array, nothrow and sized forms
// of the C++ library call these, or the program's own replacement of them. Defining the other forms
// too would free with the wrong function what a program's own operator new has made.
#include <cstdlib>
#include <new>

#include "profiler/hooks.h"
#include "profiler/symbol_lookup.h"

#define SEEP_EXPORT __attribute__((visibility("default")))

using seep::profiler::HookedFree;
using seep::profiler::HookedMalloc;
using seep::profiler::HookedMemalign;

namespace {

template <typename Function>
Function Next(const char* mangled) {
  return reinterpret_cast<Function>(seep::profiler::FindSymbol(mangled, &seep::profiler::g_next));
}

__attribute__((noinline, cold)) void* OutOfMemory(size_t size) {
  auto next = Next<void* (*)(size_t)>("_Znwm");
  if (next == nullptr) abort();
  return next(size);
}

__attribute__((noinline, cold)) void* OutOfMemory(size_t size, std::align_val_t alignment) {
  auto next = Next<void* (*)(size_t, std::align_val_t)>("_ZnwmSt11align_val_t");
  if (next == nullptr) abort();
  return next(size, alignment);
}

}  // namespace

// g++ wants the sized form beside it; see above why not.
#pragma GCC diagnostic ignored "-Wsized-deallocation"

SEEP_EXPORT void* operator new(size_t size) {
  void* block = HookedMalloc(size);
  return __builtin_expect(block != nullptr, true) ? block : OutOfMemory(size);
}
SEEP_EXPORT void* operator new(size_t size, std::align_val_t alignment) {
  void* block = HookedMemalign(static_cast<size_t>(alignment), size);
  return __builtin_expect(block != nullptr, true) ? block : OutOfMemory(size, alignment);
}
SEEP_EXPORT void operator delete(void* block) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete(void* block, std::align_val_t) noexcept { HookedFree(block); }
