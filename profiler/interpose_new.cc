// operator new and delete, mapped onto the hooked malloc and free, so that a new is drawn once and
// its caller is the first frame. When memory runs out the next operator new takes over: it runs the
// new_handler and throws, which we cannot (libseep.so needs libc alone).
//
// Four forms do the work; all others call one of these by its public name, as the standard has it
// ([new.delete]). A program may have replaced just those, with a pool of its own, say, and its
// blocks then must not come by here: a sized delete that went straight to free() would crash it.
// Nor can they be left to the C++ library: tcmalloc and jemalloc bring their own, which would free
// our samples behind our back.
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

// These call the throwing form by its public name, and catch.
__attribute__((noinline, cold)) void* NextNothrow(size_t size, const std::nothrow_t& tag) {
  auto next = Next<void* (*)(size_t, const std::nothrow_t&)>("_ZnwmRKSt9nothrow_t");
  return next == nullptr ? nullptr : next(size, tag);
}

__attribute__((noinline, cold)) void* NextNothrow(size_t size, std::align_val_t alignment,
                                                  const std::nothrow_t& tag) {
  auto next = Next<void* (*)(size_t, std::align_val_t, const std::nothrow_t&)>(
      "_ZnwmSt11align_val_tRKSt9nothrow_t");
  return next == nullptr ? nullptr : next(size, alignment, tag);
}

// Is the function that its public name leads to ours? Hidden from the compiler, to which one
// function has one address.
template <typename Function>
bool IsOurs(Function* by_name, Function* ours) {
  asm("" : "+r"(by_name));
  return by_name == ours;
}

}  // namespace

// --- The four ------------------------------------------------------------------------------------

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

// --- The others ----------------------------------------------------------------------------------

// Our own, whatever their public names lead to.
#define SEEP_SAME_AS(name) __attribute__((visibility("hidden"), malloc, alloc_size(1), alias(name)))
extern "C" SEEP_SAME_AS("_Znwm") void* seep_new(size_t);
extern "C" SEEP_SAME_AS("_ZnwmSt11align_val_t") void* seep_new_aligned(size_t, std::align_val_t);

SEEP_EXPORT void* operator new(size_t size, const std::nothrow_t& tag) noexcept {
  if (!IsOurs<void*(size_t)>(operator new, seep_new)) return NextNothrow(size, tag);
  void* block = HookedMalloc(size);
  return __builtin_expect(block != nullptr, true) ? block : NextNothrow(size, tag);
}
SEEP_EXPORT void* operator new(size_t size, std::align_val_t alignment,
                               const std::nothrow_t& tag) noexcept {
  if (!IsOurs<void*(size_t, std::align_val_t)>(operator new, seep_new_aligned)) {
    return NextNothrow(size, alignment, tag);
  }
  void* block = HookedMemalign(static_cast<size_t>(alignment), size);
  return __builtin_expect(block != nullptr, true) ? block : NextNothrow(size, alignment, tag);
}

SEEP_EXPORT void* operator new[](size_t size) { return operator new(size); }
SEEP_EXPORT void* operator new[](size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
SEEP_EXPORT void* operator new[](size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}
SEEP_EXPORT void* operator new[](size_t size, std::align_val_t alignment,
                                 const std::nothrow_t& tag) noexcept {
  return operator new(size, alignment, tag);
}

SEEP_EXPORT void operator delete(void* block, const std::nothrow_t&) noexcept {
  operator delete(block);
}
SEEP_EXPORT void operator delete(void* block, size_t) noexcept { operator delete(block); }
SEEP_EXPORT void operator delete(void* block, size_t, std::align_val_t alignment) noexcept {
  operator delete(block, alignment);
}
SEEP_EXPORT void operator delete(void* block, std::align_val_t alignment,
                                 const std::nothrow_t&) noexcept {
  operator delete(block, alignment);
}

SEEP_EXPORT void operator delete[](void* block) noexcept { operator delete(block); }
SEEP_EXPORT void operator delete[](void* block, const std::nothrow_t&) noexcept {
  operator delete[](block);
}
SEEP_EXPORT void operator delete[](void* block, size_t) noexcept { operator delete[](block); }
SEEP_EXPORT void operator delete[](void* block, std::align_val_t alignment) noexcept {
  operator delete(block, alignment);
}
SEEP_EXPORT void operator delete[](void* block, size_t, std::align_val_t alignment) noexcept {
  operator delete[](block, alignment);
}
SEEP_EXPORT void operator delete[](void* block, std::align_val_t alignment,
                                   const std::nothrow_t&) noexcept {
  operator delete[](block, alignment);
}
